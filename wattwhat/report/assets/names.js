// Names beside markers: each at the nearest free place, with a line to its marker, and none over another.

const NAMES_AT_MOST = 40;
const RINGS = [12, 22, 34, 48, 64, 84, 106, 130, 160];
// Directions in half turns: above and to the left of a front is room, below and to the right is the crowd.
const TURNS = [0.8, 0.95, 0.65, 0.5, 0.1, 0.3, -0.1, -0.3, -0.8, -0.5];

// Near before far, but rather far above than near below.
const TRIES = RINGS.flatMap((reach, i) => TURNS.map((turn, j) => [reach, turn, i + (j < 4 ? 0 : j < 6 ? 3 : 6)]))
  .sort((a, b) => a[2] - b[2])
  .map(([reach, turn]) => [reach, turn]);

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

// Whether a line passes through a box: clipped against its four sides (Liang and Barsky).
function crosses([x0, y0, x1, y1], box) {
  if (Math.max(x0, x1) < box.left || Math.min(x0, x1) > box.right || Math.max(y0, y1) < box.top || Math.min(y0, y1) > box.bottom) return false;
  let [from, to] = [0, 1];
  for (const [p, q] of [[x0 - x1, x0 - box.left], [x1 - x0, box.right - x0], [y0 - y1, y0 - box.top], [y1 - y0, box.bottom - y0]]) {
    if (p === 0 && q < 0) return false;
    if (p < 0) from = Math.max(from, q / p);
    if (p > 0) to = Math.min(to, q / p);
  }
  return from < to;
}

// A grid over the plot: for each cell, in how many cells above it and to its left a marker lies. Whether a
// rectangle is free of markers is then a matter of its four corners.
const CELL = 12;

function crowdOf(marks, box) {
  const [wide, high] = [Math.ceil((box.right - box.left) / CELL) + 1, Math.ceil((box.bottom - box.top) / CELL) + 1];
  const sums = new Int32Array((wide + 1) * (high + 1));
  const column = (x) => Math.min(Math.max(Math.floor((x - box.left) / CELL), 0), wide - 1);
  const row = (y) => Math.min(Math.max(Math.floor((y - box.top) / CELL), 0), high - 1);
  const at = (i, j) => j * (wide + 1) + i;
  for (const mark of marks) if (isInside(mark, box)) sums[at(column(mark.px) + 1, row(mark.py) + 1)] = 1;
  for (let j = 1; j <= high; j += 1)
    for (let i = 1; i <= wide; i += 1) sums[at(i, j)] += sums[at(i - 1, j)] + sums[at(i, j - 1)] - sums[at(i - 1, j - 1)];
  return { sums, column, row, at };
}

const isInside = (mark, box) => mark.px >= box.left && mark.px <= box.right && mark.py >= box.top && mark.py <= box.bottom;

// Whether any marker but those in the cell of its own lies in a place.
function isCrowded({ sums, column, row, at }, place, mark) {
  const [left, right, top, bottom] = [column(place.left), column(place.right) + 1, row(place.top), row(place.bottom) + 1];
  const [i, j] = [column(mark.px), row(mark.py)];
  const own = i >= left && i < right && j >= top && j < bottom ? 1 : 0;
  return sums[at(right, bottom)] - sums[at(left, bottom)] - sums[at(right, top)] + sums[at(left, top)] > own;
}

function placeFor(mark, wide, box, taken, crowd) {
  const high = textSize + 2;
  for (const [reach, turn] of TRIES) {
    const [x, y] = [mark.px + reach * Math.cos(turn * Math.PI), mark.py - reach * Math.sin(turn * Math.PI)];
    const side = Math.abs(turn) < 0.5 ? 'start' : Math.abs(turn) === 0.5 ? 'middle' : 'end';
    const left = x - wide * { start: 0, middle: 0.5, end: 1 }[side];
    const place = { left, right: left + wide, top: y - high / 2, bottom: y + high / 2 };
    if (place.left < box.left || place.right > box.right || place.top < box.top || place.bottom > box.bottom) continue;
    const line = [mark.px, mark.py, x, side === 'middle' ? y + (turn > 0 ? high / 2 : -high / 2) : y];
    if (isCrowded(crowd, place, mark)) continue; // the quickest to tell
    if (!taken.some((other) => overlap(place, other.place) || crosses(other.line, place) || crosses(line, other.place))) return { place, line, side };
  }
  return null;
}

// Those that find no place go without a name here; the list beside the chart has them all.
function placedNames(marks, said, box) {
  const taken = [];
  const crowd = crowdOf(drawn, box);
  for (const mark of marks) {
    const name = said(mark);
    const found = placeFor(mark, name.length * textSize * 0.56, box, taken, crowd);
    if (found) taken.push({ ...found, mark, name });
  }
  return taken;
}

function drawNames(picked) {
  if (chartKind() === 'alone') return;
  const front = state.front && isScatter() ? drawn.filter((mark) => mark.onFront && !picked.includes(mark)) : [];
  const places = countBy(drawn, (mark) => rows[mark.id].device).size;
  const said = (mark) => clamped(places > 1 ? mark.name : rows[mark.id].shortName, 26);
  const named = placedNames([...picked, ...front].filter((mark) => isInside(mark, picture.box)).slice(0, NAMES_AT_MOST), said, picture.box);
  draw(
    picture,
    'names',
    named.flatMap(({ place, side, line: [x1, y1, x2, y2], mark, name }) => [
      Math.hypot(x2 - x1, y2 - y1) > RINGS[0] ? svg('line', { x1, y1, x2, y2, stroke: 'var(--muted)', 'stroke-width': 0.8 }) : null,
      svgText(name, { class: 'name', x: x2, y: place.bottom - textSize * 0.3, 'text-anchor': side, 'font-size': textSize - 1, 'data-id': mark.id, ...HALO }),
    ]),
  );
}

// Letters stand out from what they lie on.
const HALO = { stroke: 'var(--paper)', 'stroke-width': 3, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };

const clamped = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);
