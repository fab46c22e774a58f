// What would raise a grade: how far the next letter is, in joules and in accuracy, and what would make it surer.

// The frontier's energy at an accuracy by straight lines between its points; null outside its range.
function frontierAt(reference, accuracy) {
  const points = reference.frontier;
  const i = points.findIndex(([one]) => one >= accuracy);
  if (i < 0 || accuracy < points[0][0]) return null;
  if (i === 0) return points[0][1];
  const [[a, low], [b, high]] = [points[i - 1], points[i]];
  return b === a ? high : Math.exp(Math.log(low) + ((accuracy - a) / (b - a)) * Math.log(high / low));
}

// {letter, joules, accuracy}: the energy at which this row would have the next letter, and the accuracy at its energy.
function nextLetter(row) {
  if (!row.grade || !row.accuracy || !row.energy.item || row.grade.letter === 'A') return null;
  const reference = page.references[row.grade.reference];
  const edge = reference.edges[LETTERS.indexOf(row.grade.letter) - 1];
  const [accuracy] = row.accuracy;
  const [energy] = row.energy.item;
  const frontier = frontierAt(reference, accuracy);
  const enough = reference.frontier.find(([one, needs]) => one > accuracy && needs * edge >= energy);
  if (frontier === null && !enough) return null;
  return {
    letter: LETTERS[LETTERS.indexOf(row.grade.letter) - 1],
    joules: frontier === null ? null : edge * frontier,
    accuracy: enough ? enough[0] : null,
  };
}

function raiseWords(row) {
  if (!row.grade) return 'no grade';
  if (row.grade.letter === 'A') return ['A is the best letter.', surerWords(row)].filter(Boolean).join(' ');
  const next = nextLetter(row);
  if (!next) return ['Outside the reference’s range: no distance is known.', surerWords(row)].filter(Boolean).join(' ');
  const [energy] = row.energy.item;
  const less = next.joules === null ? null : `${energyText(energy - next.joules)} less per item (to ${energyText(next.joules)}, −${figures(100 * (1 - next.joules / energy), 2)} %)`;
  const more = next.accuracy === null ? null : `${figures(100 * (next.accuracy - row.accuracy[0]), 2)} points more accuracy (to ${shareText(next.accuracy)})`;
  return [`For ${next.letter}: ${[less, more].filter(Boolean).join(', or ')}.`, surerWords(row)].filter(Boolean).join(' ');
}

// How far the accuracy's uncertainty moves the energy that the frontier needs, as a share.
function accuracyDoubt(row) {
  const [accuracy, u] = row.accuracy;
  const reference = page.references[row.grade.reference];
  const [here, there] = [accuracy, accuracy - (u || 0)].map((one) => frontierAt(reference, one));
  return here && there ? Math.log(here / there) : 0;
}

// What would make the letter surer: more test items where the accuracy is the larger doubt, else what the budget advises.
function surerWords(row) {
  const likely = row.grade.odds && row.grade.odds[row.grade.letter];
  if (!isNumber(likely)) return 'How sure the letter is cannot be told: an uncertainty is unknown.';
  if (likely >= 0.95) return `It is sure (${Math.round(100 * likely)} %).`;
  const start = `It is ${Math.round(100 * likely)} % sure.`;
  const [energy, u] = row.energy.item;
  if (accuracyDoubt(row) > u / energy) return `${start} More test items would make it surer: the accuracy is the larger doubt.`;
  return row.advice ? `${start} Of the energy’s doubt ${adviceWords(row)}.` : `${start} No budget says what would make it surer.`;
}

// The way to the next letter, for what is picked: a line to less energy, one to more accuracy.
function raiseShapes(mark) {
  const row = rows[mark.id];
  const next = isScatter() && state.basis === 'item' ? nextLetter(row) : null;
  if (!next) return [];
  const look = { stroke: 'var(--accent)', 'stroke-width': 2, 'stroke-dasharray': '2 3', fill: 'none', class: 'raise' };
  const [x, y] = [next.joules && placeOf(picture.x, next.joules * basis().factor), next.accuracy && placeOf(picture.y, next.accuracy)];
  return [
    x ? svg('path', { d: pathOf([[mark.px, mark.py], [x, mark.py]]), ...look }) : null,
    x ? svgText(next.letter, { x: x - 4, y: mark.py + 4, 'text-anchor': 'end', fill: 'var(--accent)', 'font-weight': 'bold' }) : null,
    y ? svg('path', { d: pathOf([[mark.px, mark.py], [mark.px, y]]), ...look }) : null,
    y ? svgText(next.letter, { x: mark.px, y: y - 4, 'text-anchor': 'middle', fill: 'var(--accent)', 'font-weight': 'bold' }) : null,
  ];
}
