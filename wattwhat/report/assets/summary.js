// The chart in words: for those who cannot see it, and for what a picture cannot say.

function summarise() {
  const words = [];
  if (!drawn.length) words.push('Nothing to draw: no shown measurement has an energy above 0 with this basis.');
  else if (isScatter()) {
    const best = drawn.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
    const row = rows[best.id];
    const oneScale = !page.apart.some((name) => name === 'task' || name === 'dataset') || countBy(drawn, (mark) => rows[mark.id].kind).size === 1;
    words.push(`${plural(drawn.length, 'model')} drawn.`);
    if (oneScale) words.push([
      'Most accurate: ',
      isolated(row.name),
      `, ${percent(row.accuracy)} at ${plusMinus(energyOf(row), basis().factor, basis().unit)}.`,
    ]);
    // energies of unlike things have no least one: the page says "No ranking" above the chart
    const kinds = countBy(drawn, (mark) => rows[mark.id].kind).size;
    const least = rows[drawn[0].id];
    if (kinds === 1)
      words.push([
        'Least energy: ',
        isolated(least.name),
        `, ${plusMinus(energyOf(least), basis().factor, basis().unit)} at ${percent(least.accuracy)}.`,
      ]);
    const front = drawn.filter((mark) => mark.onFront).length;
    words.push(kinds === 1 ? `${front} on the Pareto front.` : `${front} on the Pareto fronts of ${kinds} kinds of energy.`);
    const unsure = drawn.filter((mark) => mark.unsure).length;
    if (unsure) words.push(`${plural(unsure, 'energy', 'energies')} of unknown uncertainty, marked “?”.`);
    const lacking = shown.filter((row) => energyOf(row) && !row.accuracy).length;
    if (lacking)
      words.push(
        `${plural(lacking, 'shown measurement carries', 'shown measurements carry')} no ${metricWords}: not in this chart.`,
      );
  } else {
    const all = shown.filter((row) => energyOf(row) && energyOf(row)[0] > 0).length;
    words.push(anyAccuracy ? 'Energy alone.' : `Energy alone: no measurement carries “${metricWords}”.`);
    if (all > drawn.length)
      words.push(`The ${drawn.length} that need least of ${all}; narrow the filters to see others.`);
  }
  const odd = shown.filter((row) => energyOf(row) && !(energyOf(row)[0] > 0)).length;
  if (odd) words.push(`${plural(odd, 'energy', 'energies')} of 0 or below cannot stand on a log axis: see the table.`);
  // sentences with blanks between them; a name stands as an element of its own
  fill(
    byId('chart-summary'),
    words.map((sentence, i) => [i ? ' ' : '', sentence]),
  );
  byId('chart-note').textContent = bandWords();
}

function bandWords() {
  if (!page.references.length || !isScatter() || state.band === null) return '';
  if (state.basis !== 'item') return 'Grade bands are of energy per item.';
  const reference = bandReference();
  const graded = countBy(
    drawn.filter((mark) => rows[mark.id].grade),
    (mark) => rows[mark.id].grade.reference,
  );
  if (!reference)
    return graded.size
      ? 'The models drawn are graded by different references: filter them to one device and kind, or choose a reference, to see its grade bands.'
      : '';
  const gradedBy = (mark) => rows[mark.id].grade && page.references[rows[mark.id].grade.reference];
  const others = drawn.filter((mark) => gradedBy(mark) !== reference).length;
  return (
    `Bands: grades by reference “${isolatedText(reference.name)}” (${plural(reference.members, 'model')}${reference.about.length ? `; ${reference.about.join('; ')}` : ''}).` +
    (others ? ` They do not hold for ${plural(others, 'model')} drawn here that this reference does not grade.` : '')
  );
}
