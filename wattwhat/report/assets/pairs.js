// Two files: their rows pair up by name and settings; arrows show where each went, and a sentence counts them.

// What two rows of different files must share to be the same thing, measured twice.
function pairKey(row) {
  const settings = page.fields.filter((field) => field.setting).map(({ name }) => row.fields[name]);
  return [row.label, row.device, row.kind, ...settings].join('\n');
}

// [row of the first file, row of the second], where each name comes once in each.
function filePairs() {
  if (files.size !== 2) return [];
  const [first, second] = [...files.keys()];
  const sides = [first, second].map((file) => {
    const seen = new Map();
    for (const row of shown) if (row.file === file && energyOf(row)) seen.set(pairKey(row), seen.has(pairKey(row)) ? null : row);
    return seen;
  });
  return [...sides[0]].map(([key, row]) => [row, sides[1].get(key)]).filter(([a, b]) => a && b);
}

function pairVerdicts(pairs) {
  const counts = { better: 0, worse: 0, unknown: 0, unlike: 0 };
  for (const [a, b] of pairs) {
    if (!comparable(b, a)) counts.unlike += 1;
    else counts[{ 'needs less': 'better', 'needs more': 'worse' }[verdict(ratio(b, a))] || 'unknown'] += 1;
  }
  return counts;
}

function showPairs() {
  const host = byId('pairs');
  host.hidden = files.size !== 2;
  if (host.hidden) return;
  const [first, second] = [...files.keys()];
  const pairs = filePairs();
  const { better, worse, unknown, unlike } = pairVerdicts(pairs);
  const left = shown.length - 2 * pairs.length;
  fill(
    host,
    'From ', isolated(first), ' to ', isolated(second), ', by energy: ',
    el('strong', null, `${better} better, ${worse} worse, ${unknown} cannot tell`),
    unlike ? `, ${unlike} not alike` : '',
    left ? `; ${plural(left, 'row')} without a partner.` : '.',
  );
}

// An arrow from the first to the second; green and down to less energy is for colours that all can tell: blue and red.
function drawMoves() {
  if (chartKind() === 'alone') return;
  const marks = new Map(drawn.map((mark) => [mark.id, mark]));
  const shapes = filePairs().flatMap(([a, b]) => {
    const [from, to] = [marks.get(a.id), marks.get(b.id)];
    if (!from || !to) return [];
    const length = Math.hypot(to.px - from.px, to.py - from.py);
    if (length < 4) return [];
    const found = comparable(b, a) ? verdict(ratio(b, a)) : '';
    const colour = { 'needs less': '#2a78c8', 'needs more': '#d1483f' }[found] || OTHER;
    const [ux, uy] = [(to.px - from.px) / length, (to.py - from.py) / length];
    const tip = [[to.px, to.py], [to.px - 8 * ux - 4 * uy, to.py - 8 * uy + 4 * ux], [to.px - 8 * ux + 4 * uy, to.py - 8 * uy - 4 * ux]];
    return [
      svg('path', { class: 'move', d: pathOf([[from.px, from.py], [to.px, to.py]]), stroke: colour, 'stroke-width': 1.5, fill: 'none' }),
      svg('path', { d: pathOf(tip, 'Z'), fill: colour }),
    ];
  });
  draw(picture, 'moves', shapes);
}
