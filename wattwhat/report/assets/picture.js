// Pictures: axes, and layers that are drawn anew as one, in SVG. Colours are names of the style sheet, so they
// follow its theme; a nested svg cuts off what leaves the plot.

let textSize = 12; // pixels; follows the reader's text size

// x runs from left to right, y from below upwards; returns what is needed to draw into it.
function openPicture(host, width, height, x, y, layers, left = 56) {
  const box = { left, top: 12, right: width - 14, bottom: height - 3.6 * textSize };
  x.range = [box.left, box.right];
  y.range = [box.bottom, box.top];
  const [wide, high] = [Math.max(box.right - box.left, 1), Math.max(box.bottom - box.top, 1)];
  const inner = { x: box.left, y: box.top, width: wide, height: high };
  const groups = Object.fromEntries(layers.map((name) => [name, svg('g', { class: name })]));
  const axes = svg('g', { class: 'axes' });
  const plot = svg('svg', { ...inner, viewBox: `${box.left} ${box.top} ${wide} ${high}` }, ...Object.values(groups));
  const look = { 'font-family': 'system-ui, sans-serif', 'font-size': textSize };
  const root = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, ...look }, axes, plot);
  fill(host, root);
  const made = { root, width, height, box, x, y, groups, axes };
  drawAxes(made);
  return made;
}

const draw = (picture, layer, ...children) => picture.groups[layer].replaceChildren(...children.flat(Infinity).filter(Boolean));

const svgText = (text, attributes) => svg('text', { fill: 'var(--ink)', ...attributes }, String(text));

function drawAxes({ axes, x, y, box, width }) {
  const parts = [];
  let free = -Infinity; // labels never run into each other
  for (const [value, label] of ticksOf(x, box.right - box.left, 5.5 * textSize)) {
    const at = placeOf(x, value);
    if (!(at >= box.left - 1 && at <= box.right + 1)) continue;
    parts.push(svg('line', { x1: at, x2: at, y1: box.top, y2: box.bottom, stroke: 'var(--grid)' }));
    const half = (label.length * textSize * 0.6) / 2;
    if (at - half < free || at + half > width) continue;
    free = at + half + 4;
    parts.push(svgText(label, { x: at, y: box.bottom + 1.4 * textSize, 'text-anchor': 'middle', fill: 'var(--muted)' }));
  }
  for (const [value, label] of ticksOf(y, box.bottom - box.top, 3 * textSize)) {
    const at = placeOf(y, value);
    if (!(at >= box.top - 1 && at <= box.bottom + 1)) continue;
    parts.push(svg('line', { x1: box.left, x2: box.right, y1: at, y2: at, stroke: 'var(--grid)' }));
    const room = Math.floor((box.left - 10) / (textSize * 0.55));
    const cut = label.length > room ? `${label.slice(0, room - 1)}…` : label;
    parts.push(svgText(cut, { x: box.left - 6, y: at + textSize * 0.35, 'text-anchor': 'end', fill: 'var(--muted)' }));
  }
  const middle = (box.left + box.right) / 2;
  parts.push(svgText(x.title, { x: middle, y: box.bottom + 3 * textSize, 'text-anchor': 'middle' }));
  if (y.title) parts.push(svgText(y.title, { transform: `translate(${textSize},${(box.top + box.bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' }));
  axes.replaceChildren(...parts);
}

const rounded = (value) => Math.round(value * 10) / 10;
const pathOf = (points, end = '') => `M${points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join('L')}${end}`;

// The outline of a marker of this area around a point, as the path of an svg.
function outline(shape, area, x, y) {
  const r = Math.sqrt(area / Math.PI);
  const d = r * 1.25;
  const at = ([dx, dy]) => [x + dx, y + dy];
  const shapes = {
    circle: () => `M${rounded(x - r)},${rounded(y)}a${rounded(r)},${rounded(r)} 0 1,0 ${rounded(2 * r)},0a${rounded(r)},${rounded(r)} 0 1,0 ${rounded(-2 * r)},0Z`,
    square: () => pathOf([[-r, -r], [r, -r], [r, r], [-r, r]].map((one) => at(one.map((c) => c * 0.9))), 'Z'),
    diamond: () => pathOf([[0, -d], [d, 0], [0, d], [-d, 0]].map(at), 'Z'),
    'triangle-up': () => pathOf([[0, -d], [d, d * 0.8], [-d, d * 0.8]].map(at), 'Z'),
    cross: () => `${pathOf([[-d, 0], [d, 0]].map(at))}${pathOf([[0, -d], [0, d]].map(at))}`,
  };
  return shapes[shape]();
}
