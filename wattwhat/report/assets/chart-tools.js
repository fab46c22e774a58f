// What the reader can set about the chart: which chart, which energy, colours, bands, bars, zoom.

function buildChartTools() {
  const look = (key) => (value) => {
    state[key] = value;
    buildChartTools();
    drawRows();
    changed('look');
  };
  const present = new Set(Object.keys(COLOURS).filter((key) => rows.some((row) => COLOURS[key][1](row) !== undefined)));
  const charts = [
    anyAccuracy ? ['', `${metricWords} against energy`] : null,
    ['alone', 'energy alone'],
    ...varying.map(({ name }) => [`along ${name}`, `energy along ${name}`]),
  ].filter(Boolean);
  const joins = [['', 'nothing'], ...Object.entries(JOINS).map(([key, [words]]) => [key, words]), ...varying.filter((one) => !one.number).map(({ name }) => [name, name])];
  const bands = [['auto', 'automatic'], ['', 'none'], ...page.references.map((one, i) => [String(i), one.name])];
  fill(
    byId('chart-tools'),
    charts.length > 1
      ? select('Chart', charts, state.along ? `along ${state.along}` : anyAccuracy ? state.alone : 'alone', (value) => {
          state.along = value.startsWith('along ') ? value.slice(6) : '';
          look('alone')(value === 'alone' ? 'alone' : '');
        })
      : null,
    bases.size > 1 ? select('Energy', [...bases.values()].map((one) => [one.name, `${one.words} (${one.rows})`]), state.basis, chooseBasis) : null,
    select('Colour by', [...present].map((key) => [key, COLOURS[key][0]]), state.colourBy, look('colourBy')),
    varying.length && chartKind() !== 'alone' ? select('Connect by', joins, joinChoice(), look('join')) : null,
    page.references.length && isScatter()
      ? select('Grade bands', bands, state.band === null ? '' : String(state.band), (value) => look('band')(value === '' ? null : value === 'auto' ? value : Number(value)))
      : null,
    checkbox(' error bars', state.bars, look('bars')),
    isScatter() ? checkbox(' Pareto front', state.front, look('front')) : null,
    anyChance() && isScatter() ? checkbox(' fade by probability', state.fade, look('fade')) : null,
    button('Limit on the chart', addLimit),
    el(
      'span',
      { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
      button('+', () => zoom(0.7), { 'aria-label': 'Zoom in' }),
      button('−', () => zoom(1 / 0.7), { 'aria-label': 'Zoom out' }),
      button('Show all', showAll),
    ),
  );
}

const joinChoice = () => state.join ?? (chartKind() === 'series' ? 'model' : '');

function chooseBasis(value) {
  state.basis = value;
  state.ranges.energy = [null, null]; // its unit has changed
  buildFilters();
  buildAssumptions();
  buildChartTools();
  refilter();
  changed('look');
}
