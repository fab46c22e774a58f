// The chart: accuracy against energy, or energy alone where there is no accuracy.

const DOTS_AT_MOST = 60;
let view = null;
let drawn = []; // what is in the chart, in order of energy: {row, energy, accuracy, ...}
let home = null; // the domains that show everything

const isScatter = () => anyAccuracy && !state.alone;
const basis = () => bases.get(state.basis) || { name: 'total', words: 'energy', unit: 'J', factor: 1 };

function drawable() {
  const positive = shown.filter((row) => energyOf(row) && energyOf(row)[0] > 0 && (!isScatter() || row.accuracy));
  positive.sort((a, b) => energyOf(a)[0] - energyOf(b)[0]);
  return isScatter() ? positive : positive.slice(0, DOTS_AT_MOST);
}

// Smaller markers on a small screen.
const markScale = () => Math.min(1, Math.max(0.4, byId('chart').clientWidth / 800));

function markOf(row) {
  const [energy, u] = energyOf(row).map((x) => (isNumber(x) ? x * basis().factor : null));
  const mark = {
    id: row.id,
    row: `${row.id}\t${row.name}`,
    name: row.name,
    energy,
    colour: colourOf(row),
    area: areaOf(row.parameters) * markScale(),
    ...SHAPES[row.provenance],
  };
  // Without a bar it would look like the best known one of all.
  mark.unsure = u === null;
  mark.beside = -Math.sqrt(mark.area) / 2 - 3;
  // An interval that reaches 0 has no end on a log axis: the bar runs out of the picture.
  if (u) Object.assign(mark, { low: Math.max(energy - K * u, energy * 1e-6), high: energy + K * u });
  if (row.accuracy) {
    const [accuracy, ua] = row.accuracy;
    Object.assign(mark, { accuracy });
    if (ua) Object.assign(mark, { accuracy_low: accuracy - K * ua, accuracy_high: accuracy + K * ua });
  }
  return mark;
}

function homeDomains(marks) {
  let [low, high, down, up] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const mark of marks) {
    // Very wide bars run out of the picture rather than squeeze the markers together.
    low = Math.min(low, Math.max(mark.low || mark.energy, mark.energy / 3));
    high = Math.max(high, Math.min(mark.high || mark.energy, mark.energy * 3));
    if (mark.accuracy !== undefined) {
      down = Math.min(down, mark.accuracy_low ?? mark.accuracy);
      up = Math.max(up, mark.accuracy_high ?? mark.accuracy);
    }
  }
  if (!(low <= high)) [low, high] = [0.1, 10];
  if (!(down <= up)) [down, up] = [0, 1];
  const stretch = Math.max((high / low) ** 0.06, 1.15);
  const room = Math.max((up - down) * 0.08, 0.004);
  return {
    energy: [low / stretch, high * stretch],
    accuracy: [Math.max(down - room, -0.02), Math.min(up + room, 1.02)],
  };
}

function filled(spec, words) {
  return JSON.parse(JSON.stringify(spec), (key, value) =>
    typeof value === 'string' && value in words ? words[value] : value,
  );
}

// A promise of a Vega view. Its expressions are interpreted (ast), as the page's policy forbids to compile code;
// it has no tooltips, no menu and no style sheet of its own.
async function openView(name, words, host, width, height) {
  const own = el('div');
  const spec = { ...filled(specs[name], words), width, height };
  const options = {
    mode: 'vega',
    renderer: 'svg',
    ast: true,
    actions: false,
    tooltip: false,
    hover: false,
    logLevel: 1,
    defaultStyle: false,
  };
  const made = await vegaEmbed(own, spec, options);
  fill(host, own);
  return made.view;
}

function chartSize() {
  const width = Math.max(byId('chart').clientWidth, 240);
  if (isScatter()) return [width, Math.round(Math.min(Math.max(width * 0.5, 340), 560))];
  return [width, Math.max(120, 60 + 22 * Math.min(drawable().length, DOTS_AT_MOST))];
}

// Energy and its unit are in the axis title, so another basis makes a new view.
async function makeChart() {
  const wanted = state.basis + state.alone;
  const words = { $energy: `${basis().words} (${basis().unit})`, $accuracy: metricWords };
  const made = await openView(isScatter() ? 'scatter' : 'dots', words, byId('plot'), ...chartSize());
  if (wanted !== state.basis + state.alone) {
    made.finalize();
    return;
  } // another chart was chosen meanwhile
  if (view) view.finalize();
  view = made;
  byId('chart-title').textContent = isScatter()
    ? `${capital(metricWords)} against ${basis().words}`
    : `${capital(basis().words)}`;
  byId('chart').setAttribute(
    'aria-label',
    `Chart: ${byId('chart-title').textContent}. The table below holds the same data.`,
  );
  drawRows();
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

function drawRows() {
  if (!view) return;
  chooseColours();
  drawn = drawable().map(markOf);
  home = homeDomains(drawn);
  setDomains(home.energy, home.accuracy, false);
  view.data('rows', state.bars ? drawn : drawn.map(({ low, high, accuracy_low, accuracy_high, ...rest }) => rest));
  view.data('unsure', state.bars ? drawn.filter((mark) => mark.unsure) : []);
  if (!isScatter()) view.height(chartSize()[1]);
  drawFront();
  drawPicked(false);
  view.run();
  showLegend();
  summarise();
}

function drawFront() {
  if (!isScatter()) return;
  const front = fronts(drawn);
  view.data('front', state.front ? front.lines : []);
  drawn.forEach((mark) => {
    mark.onFront = front.ids.has(mark.id);
  });
}

function drawPicked(run = true) {
  if (!view) return;
  const picked = drawn.filter((mark) => state.picked.includes(mark.id));
  view.data('picked', picked);
  if (isScatter()) view.data('named', namedMarks(picked));
  if (run) view.run();
}

// Names beside the picked, and beside the front where there are few enough to be read.
function namedMarks(picked) {
  const front = state.front ? drawn.filter((mark) => mark.onFront) : [];
  const places = countBy(drawn, (mark) => rows[mark.id].device).size;
  const [low, high] = view.signal('energyDomain').map(Math.log);
  return [...new Set([...picked, ...(front.length <= 14 ? front : [])])].map((mark) => {
    const name = places > 1 ? mark.name : rows[mark.id].shortName;
    const right = (Math.log(mark.energy) - low) / (high - low) > 0.65; // no room for the name on that side
    return { ...mark, name, align: right ? 'right' : 'left', dx: right ? -9 : 9 };
  });
}

function setDomains(energy, accuracy, run = true) {
  view.signal('energyDomain', energy);
  if (isScatter()) {
    view.signal('accuracyDomain', accuracy);
    const { bands, letters } = bandMarks();
    view.data('bands', bands).data('letters', letters);
  }
  if (run) view.run();
}

// factor < 1 zooms in; the point [x, y] of the plot (0 to 1, from its lower left) stays where it is.
function zoom(factor, [x, y] = [0.5, 0.5]) {
  const [low, high] = view.signal('energyDomain').map(Math.log);
  const at = low + (high - low) * x;
  const energy = [low, high].map((end) => Math.exp(at + (end - at) * factor));
  let accuracy = null;
  if (isScatter()) {
    const [down, up] = view.signal('accuracyDomain');
    const height = down + (up - down) * y;
    accuracy = [down, up].map((end) => height + (end - height) * factor);
  }
  setDomains(energy, accuracy);
}

const showAll = () => setDomains(home.energy, home.accuracy);
