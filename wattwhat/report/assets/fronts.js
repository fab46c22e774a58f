// What is drawn behind the markers: the Pareto front of each kind and the bands of a reference.

// The Pareto front of each kind: as accurate for less energy is better; equals share the front. Marks its members.
function fronts(marks) {
  const lines = [];
  const kinds = new Map();
  for (const mark of marks) {
    const kind = rows[mark.id].kind;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(mark);
  }
  for (const members of kinds.values()) {
    const line = [];
    for (const mark of members.sort((a, b) => a.energy - b.energy || b.accuracy - a.accuracy)) {
      const last = line[line.length - 1];
      if (!last || mark.accuracy > last.accuracy) {
        line.push(mark);
        mark.onFront = true;
      } else if (mark.accuracy === last.accuracy && mark.energy === last.energy) mark.onFront = true;
    }
    lines.push(line);
  }
  return lines;
}

// The reference whose bands are drawn: the chosen one, or by itself the one that grades all that is drawn.
function bandReference() {
  if (state.band === null || state.basis !== 'item' || !isScatter()) return null;
  if (state.band !== 'auto') return page.references[state.band];
  const graded = countBy(
    drawn.filter((mark) => rows[mark.id].grade),
    (mark) => rows[mark.id].grade.reference,
  );
  return graded.size === 1 ? page.references[[...graded.keys()][0]] : null;
}

// One band is a closed outline: up along its lower energies, down along its higher ones.
function bandShapes() {
  const reference = bandReference();
  if (!reference) return [];
  const edges = [null, ...reference.edges, null];
  return LETTERS.flatMap((letter, i) => {
    const side = (edge, open) =>
      reference.frontier.map(([accuracy, energy]) => [
        edge === null ? open : Math.min(Math.max(placeOf(picture.x, edge * energy * basis().factor), picture.box.left), picture.box.right),
        placeOf(picture.y, accuracy),
      ]);
    const [low, high] = [side(edges[i], picture.box.left), side(edges[i + 1], picture.box.right)];
    const shape = svg('path', { class: 'band', d: pathOf([...low, ...high.reverse()], 'Z'), fill: BANDS[i], 'fill-opacity': 0.16 });
    const [left, right] = [low[0][0], high[high.length - 1][0]];
    // below the bands, where markers are rare, if there is room
    const below = low[0][1] + textSize + 4;
    const foot = { x: (left + right) / 2, y: below < picture.box.bottom ? below : Math.min(low[0][1], picture.box.bottom) - 6, 'text-anchor': 'middle', 'font-weight': 'bold' };
    return [shape, right - left > 12 ? svgText(letter, foot) : null];
  });
}
