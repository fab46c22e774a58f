// The chart: accuracy against energy, energy alone where there is no accuracy, or energy along a setting.

const DOTS_AT_MOST = 60;
const LAYERS = ['bands', 'front', 'joined', 'bars', 'marks', 'unsure', 'moves', 'limits', 'picked', 'names', 'cursor'];
let picture = null;
let drawn = []; // what is in the chart, in order of energy: {id, energy, accuracy, x, y, ...}
let home = null; // the domains that show everything: {x, y}
let domains = null; // those that are shown
// Pixels; measured when it changes, since asking lays the whole page out.
let chartWide = 0;
let frontLines = []; // the front of each kind, as marks in order of energy

const basis = () => bases.get(state.basis) || { name: 'total', words: 'energy', unit: 'J', factor: 1 };
const chartKind = () => (state.along ? 'series' : anyAccuracy && !state.alone ? 'scatter' : 'alone');
const isScatter = () => chartKind() === 'scatter';

function drawable() {
  const kind = chartKind();
  const has = { scatter: (row) => row.accuracy, alone: () => true, series: (row) => alongOf(row) !== undefined }[kind];
  const positive = shown.filter((row) => energyOf(row) && energyOf(row)[0] > 0 && has(row));
  positive.sort((a, b) => energyOf(a)[0] - energyOf(b)[0]);
  return kind === 'alone' ? positive.slice(0, DOTS_AT_MOST) : positive;
}

// Smaller markers on a small screen.
const markScale = () => Math.min(1, Math.max(0.4, chartWide / 800));

// A number with the ends of its bar; ends are undefined where U is not known or 0.
const ends = (value, u, factor = 1) => (u ? [value, value - K * u * factor, value + K * u * factor] : [value]);

function markOf(row, place) {
  const [energy, u] = energyOf(row).map((x) => (isNumber(x) ? x * basis().factor : null));
  // An interval that reaches 0 has no end on a log axis: the bar runs out of the picture.
  const joules = ends(energy, u).map((end) => Math.max(end, energy * 1e-6));
  const mark = {
    id: row.id,
    name: row.name,
    energy,
    accuracy: row.accuracy && row.accuracy[0],
    colour: colourOf(row),
    // Without a bar it would look like the best known one of all.
    unsure: u === null,
    faded: state.fade && isNumber(chanceOf(row)) ? 0.15 + 0.85 * chanceOf(row) : 1,
    ...SHAPES[row.provenance],
  };
  if (chartKind() === 'series') return { ...mark, x: [alongOf(row)], y: joules };
  if (chartKind() === 'alone') return { ...mark, x: joules, y: [-place] };
  return { ...mark, x: joules, y: ends(...row.accuracy) };
}

// Very wide bars run out of the picture rather than squeeze the markers together.
function reach(values, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const [value, down, up] of values) {
    low = Math.min(low, log ? Math.max(down || value, value / 3) : (down ?? value));
    high = Math.max(high, log ? Math.min(up || value, value * 3) : (up ?? value));
  }
  return low <= high ? [low, high] : log ? [0.1, 10] : [0, 1];
}

function wider([low, high], log) {
  if (log) {
    const stretch = Math.max((high / low) ** 0.06, 1.15);
    return [low / stretch, high * stretch];
  }
  const room = Math.max((high - low) * 0.08, Math.abs(high) * 0.005, 1e-9);
  return [low - room, high + room];
}

const withinShares = ([low, high]) => [Math.max(low, -0.02), Math.min(high, 1.02)];

function axesOf(marks) {
  const energy = `${basis().words} (${basis().unit})`;
  const [xs, ys] = [marks.map((mark) => mark.x), marks.map((mark) => mark.y)];
  if (chartKind() === 'series') {
    const log = alongIsLog();
    const along = alongLabels() ? [-0.5, alongLabels().length - 0.5] : wider(reach(xs, log), log);
    const x = axisOf(log ? 'log' : 'linear', along, alongWords(), shortNumber, alongLabels() || alongNumbers());
    return { x, y: axisOf('log', wider(reach(ys, true), true), energy) };
  }
  const x = axisOf('log', wider(reach(xs, true), true), energy);
  if (chartKind() === 'alone') {
    const names = marks.map((mark) => [mark.y[0], mark.name]);
    return { x, y: axisOf('linear', [0.5 - Math.max(marks.length, 1), 0.5], '', shortNumber, names) };
  }
  const percents = (value) => `${Number((100 * value).toPrecision(4))} %`;
  return { x, y: axisOf('linear', withinShares(wider(reach(ys, false), false)), metricWords, percents) };
}

function chartSize() {
  const width = Math.max(chartWide - 2, 240);
  if (chartKind() !== 'alone') return [width, Math.round(Math.min(Math.max(width * 0.52, 320), 540))];
  return [width, Math.max(120, 60 + 22 * Math.min(drawable().length, DOTS_AT_MOST))];
}

function drawRows() {
  chooseColours();
  drawn = drawable().map(markOf);
  frontLines = isScatter() ? fronts(drawn) : [];
  showFrontList(); // it stands beside the chart, and so decides how wide that is
  if (!chartWide) measureChart();
  const scale = markScale() * (drawn.length > 300 ? 0.5 : 1);
  for (const mark of drawn) mark.area = areaOf(rows[mark.id].parameters) * scale;
  const axes = axesOf(drawn);
  home = { x: axes.x.domain, y: axes.y.domain };
  domains = { ...home };
  titleChart();
  drawPicture();
  showLegend();
  showPairs();
  summarise();
}

function measureChart() {
  chartWide = byId('chart').clientWidth;
}

function titleChart() {
  const words = { scatter: `${metricWords} against ${basis().words}`, alone: basis().words, series: `${basis().words} along ${alongWords()}` };
  const title = capital(words[chartKind()]);
  byId('chart-title').textContent = title;
  byId('chart').setAttribute('aria-label', `Chart: ${title}. The table below holds the same data.`);
}

// Everything at the domains of the moment.
function drawPicture() {
  const axes = axesOf(drawn);
  axes.x.domain = domains.x;
  axes.y.domain = domains.y;
  const [width, height] = chartSize();
  const left = chartKind() === 'alone' ? Math.min(180, width * 0.38) : 5.2 * textSize;
  picture = openPicture(byId('plot'), width, height, axes.x, axes.y, LAYERS, left);
  for (const mark of drawn) [mark.px, mark.py] = [placeOf(axes.x, mark.x[0]), placeOf(axes.y, mark.y[0])];
  draw(picture, 'bars', state.bars ? barPaths() : []);
  // the fewest last, so that the many do not lie over them
  const looks = [...groupBy(drawn, lookOf).values()].sort((a, b) => b.length - a.length);
  draw(picture, 'marks', looks.map((alike) => svg('g', markerLook(alike[0]), ...alike.map(marker))));
  draw(picture, 'unsure', state.bars ? drawn.filter((mark) => mark.unsure).map(unsureSign) : []);
  drawBehind();
  drawLimits();
  drawMoves();
  drawPicked();
}

// What looks alike is one group, which says it once: that is quicker than a thousand markers that say it each.
const opacityOf = (mark) => mark.faded * (mark.colour === OTHER && drawn.length > 100 ? 0.45 : 1);
const lookOf = (mark) => `${mark.colour} ${mark.filled} ${opacityOf(mark).toFixed(2)}`;

function markerLook(mark) {
  const look = { fill: mark.colour, 'fill-opacity': mark.filled, stroke: mark.colour, 'stroke-width': 1.6 };
  const opacity = opacityOf(mark);
  return opacity < 1 ? { ...look, 'fill-opacity': (mark.filled * opacity).toFixed(2), 'stroke-opacity': opacity.toFixed(2) } : look;
}

const marker = (mark) => svg('path', { d: outline(mark.shape, mark.area, mark.px, mark.py), 'data-id': mark.id });

// One path a colour: thousands of bars are quick that way.
function barPaths() {
  const paths = new Map();
  for (const mark of drawn) {
    const parts = paths.get(mark.colour) || [];
    if (mark.x.length > 1) parts.push(pathOf(mark.x.slice(1).map((end) => [placeOf(picture.x, end), mark.py])));
    if (mark.y.length > 1) parts.push(pathOf(mark.y.slice(1).map((end) => [mark.px, placeOf(picture.y, end)])));
    paths.set(mark.colour, parts);
  }
  const opacity = drawn.length > 300 ? 0.25 : 0.5;
  return [...paths].map(([colour, parts]) => svg('path', { d: parts.join(''), stroke: colour, 'stroke-opacity': opacity, fill: 'none' }));
}

function unsureSign(mark) {
  const at = { x: mark.px - Math.sqrt(mark.area) / 2 - 4, y: mark.py + 5, 'text-anchor': 'end' };
  return svgText('?', { ...at, 'font-weight': 'bold', 'font-size': textSize + 2 });
}

// The Pareto front of each kind as steps, and the bands of a reference.
function drawBehind() {
  const steps = (line) => line.flatMap((mark, i) => (i ? [[mark.px, line[i - 1].py], [mark.px, mark.py]] : [[mark.px, mark.py]]));
  const look = { stroke: OTHER, 'stroke-width': 1.5, 'stroke-dasharray': '6 4', fill: 'none' };
  draw(picture, 'front', state.front ? frontLines.map((line) => svg('path', { d: pathOf(steps(line)), ...look })) : []);
  draw(picture, 'bands', isScatter() ? bandShapes() : []);
  draw(picture, 'joined', joinChoice() && chartKind() !== 'alone' ? joinedShapes() : []);
}

// Rings around what is picked, and names that never lie over each other.
function drawPicked() {
  const picked = drawn.filter((mark) => state.picked.includes(mark.id));
  const ring = (mark) => svg('circle', { cx: mark.px, cy: mark.py, r: 10, fill: 'none', stroke: 'var(--ink)', 'stroke-width': 2 });
  draw(picture, 'picked', picked.map(ring), picked.map(raiseShapes));
  drawNames(picked);
}

function setDomains(x, y) {
  domains = { x, y: chartKind() === 'alone' ? domains.y : y };
  drawPicture();
}

// factor < 1 zooms in; the point [x, y] of the plot (0 to 1, from its lower left) stays where it is.
const zoom = (factor, [x, y] = [0.5, 0.5]) => setDomains(zoomed(picture.x, factor, x), zoomed(picture.y, factor, y));
const showAll = () => setDomains(home.x, home.y);
