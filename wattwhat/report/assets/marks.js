// How a measurement looks: colour by group, shape and filling by origin, size by parameters; and the legend.

// Each stands out from white and from the dark paper (3 to 1 and more).
const PALETTE = ['#3f74b0', '#d9700a', '#4b9a43', '#e0474c', '#a8659a', '#2f9a94', '#a8861a', '#d6478f', '#96705a'];
const OTHER = '#8a8a8a';
const BANDS = ['#1a9850', '#66bd63', '#a6d96a', '#f2d43d', '#fdae61', '#f46d43', '#d73027'];
const SHAPES = {
  measured: { shape: 'circle', filled: 0.75 },
  imported: { shape: 'square', filled: 0.75 },
  mixed: { shape: 'triangle-up', filled: 0 },
  estimated: { shape: 'diamond', filled: 0 },
  predicted: { shape: 'cross', filled: 0 },
};
const UNSIZED = 60;

const COLOURS = {
  family: ['family', (row) => row.family],
  device: ['device', (row) => row.device],
  model: ['model', (row) => row.label],
  provenance: ['origin', (row) => row.provenance],
  scope: ['scope', (row) => row.scope],
  grade: ['grade', letterOf],
  file: ['file', (row) => row.file],
  ...Object.fromEntries(ticking.map(({ name }) => [`field ${name}`, [name, (row) => (row.fields[name] === undefined ? undefined : String(row.fields[name]))]])),
};

let colours = new Map(); // value -> colour; the largest groups among what is shown have one of their own

// A group keeps its colour while it is shown; those that leave make room for others.
function chooseColours() {
  const [, value] = COLOURS[state.colourBy];
  if (state.colourBy === 'grade') {
    colours = new Map(LETTERS.map((letter, i) => [letter, BANDS[i]]));
    return;
  }
  const counts = countBy(
    shown.filter((row) => value(row) !== undefined && energyOf(row)),
    value,
  );
  const order = [...counts].sort((a, b) => b[1] - a[1] || inOrder(a[0], b[0]));
  const largest = order.slice(0, PALETTE.length).map(([one]) => one);
  const kept = new Map([...colours].filter(([one, colour]) => largest.includes(one) && PALETTE.includes(colour)));
  const free = PALETTE.filter((colour) => ![...kept.values()].includes(colour));
  for (const one of largest.sort((a, b) => inOrder(a, b))) if (!kept.has(one)) kept.set(one, free.shift());
  colours = kept;
}

const colourOf = (row) => colours.get(COLOURS[state.colourBy][1](row)) || OTHER;

const parametersRange = rows.reduce(
  ([low, high], row) =>
    row.parameters ? [Math.min(low, row.parameters), Math.max(high, row.parameters)] : [low, high],
  [Infinity, -Infinity],
);

// Area of the marker in square pixels: its diameter goes with the fourth root of the parameters.
function areaOf(parameters) {
  if (!parameters) return UNSIZED;
  const [low, high] = parametersRange;
  const share = high > low ? (Math.sqrt(parameters) - Math.sqrt(low)) / (Math.sqrt(high) - Math.sqrt(low)) : 0.3;
  return 36 + 364 * share;
}

function glyph(shape, filled, colour, area = 80) {
  const r = Math.sqrt(area) / 2;
  const size = 2 * r + 3;
  const c = size / 2;
  const look = { stroke: colour, fill: filled ? colour : 'none', 'fill-opacity': filled || 0, 'stroke-width': 1.8 };
  const d = r * 1.2;
  const shapes = {
    circle: () => svg('circle', { cx: c, cy: c, r, ...look }),
    square: () => svg('rect', { x: c - r * 0.9, y: c - r * 0.9, width: 1.8 * r, height: 1.8 * r, ...look }),
    diamond: () => svg('path', { d: `M${c},${c - d}L${c + d},${c}L${c},${c + d}L${c - d},${c}Z`, ...look }),
    cross: () => svg('path', { d: `M${c - d},${c}L${c + d},${c}M${c},${c - d}L${c},${c + d}`, ...look }),
    'triangle-up': () => svg('path', { d: `M${c},${c - d}L${c + d},${c + d * 0.8}L${c - d},${c + d * 0.8}Z`, ...look }),
  };
  return svg(
    'svg',
    { width: size, height: size, viewBox: `0 0 ${size} ${size}`, 'aria-hidden': 'true', class: 'glyph' },
    shapes[shape](),
  );
}

const glyphOf = (row, colour = 'currentColor') =>
  glyph(SHAPES[row.provenance].shape, SHAPES[row.provenance].filled, colour);

function showLegend() {
  const [words, value] = COLOURS[state.colourBy];
  const drawn = shown.filter((row) => energyOf(row));
  const counts = countBy(drawn, (row) => (colours.has(value(row)) ? value(row) : value(row) === undefined ? '' : null));
  const entry = (mark, said) => el('li', null, mark, said);
  const groups = [...colours]
    .filter(([one]) => counts.has(one))
    .map(([one, colour]) => entry(glyph('circle', 0.75, colour), only(state.colourBy, one)));
  const others = new Set(drawn.map(value).filter((one) => one !== undefined && !colours.has(one))).size;
  if (counts.has(null)) groups.push(entry(glyph('circle', 0.75, OTHER), `${others} others: choose some in the filter to colour them`));
  if (counts.has('')) groups.push(entry(glyph('circle', 0.75, OTHER), `${words} not known`));
  const origins = Object.keys(SHAPES)
    .filter((one) => drawn.some((row) => row.provenance === one))
    .map((one) => entry(glyph(SHAPES[one].shape, SHAPES[one].filled, 'currentColor'), one));
  const list = (title, entries) =>
    el('div', null, el('span', { class: 'legend-title' }, title), el('ul', null, entries));
  fill(
    byId('legend'),
    list(words, groups),
    list('origin', origins),
    unsureLegend(drawn, list, entry),
    frontLegend(drawn, list, entry),
    sizeLegend(list, entry),
  );
}

// A name in the legend that shows only its rows when it is pressed, or all again.
function only(key, value) {
  const facet = FACETS.find(([name]) => name === key);
  if (!facet) return value;
  const ticked = state.ticked[key];
  const on = ticked.size === 1 && ticked.has(value);
  const press = () => {
    ticked.clear();
    if (!on) ticked.add(value);
    buildFilters();
    refilter();
  };
  return button(isolated(clamped(value, 40)), press, { class: 'name-link', 'aria-pressed': String(on), title: on ? 'show all again' : `show only ${isolatedText(value)}` });
}

// The sign beside a marker whose energy has no known uncertainty.
function unsureLegend(drawn, list, entry) {
  if (!state.bars || drawn.every((row) => isNumber(energyOf(row)[1]))) return null;
  const sign = el('strong', { class: 'unsure', 'aria-hidden': 'true' }, '?');
  return list('error bar', [entry(sign, 'U of the energy not known: no bar, and not exact')]);
}

function frontLegend(drawn, list, entry) {
  if (!isScatter() || !state.front || !drawn.length) return null;
  const line = svg(
    'svg',
    { width: 28, height: 8, 'aria-hidden': 'true', class: 'glyph' },
    svg('line', { x1: 0, x2: 28, y1: 4, y2: 4, stroke: OTHER, 'stroke-width': 1.5, 'stroke-dasharray': '6 4' }),
  );
  const kinds = countBy(drawn, (row) => row.kind).size;
  return list('line', [entry(line, kinds > 1 ? 'Pareto front, one for each kind' : 'Pareto front')]);
}

function sizeLegend(list, entry) {
  if (!anyParameters) return null;
  const [low, high] = parametersRange;
  const sizes = high > low ? [low, ((Math.sqrt(low) + Math.sqrt(high)) / 2) ** 2, high] : [low];
  const entries = sizes.map((size) =>
    entry(glyph('circle', 0, 'currentColor', areaOf(size) * markScale()), count(size)),
  );
  if (rows.some((row) => !row.parameters))
    entries.push(entry(glyph('circle', 0, 'currentColor', UNSIZED * markScale()), 'this size also where not known'));
  return list('parameters', entries);
}
