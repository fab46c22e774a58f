// What the reader can set about the chart: which chart, which energy, colours, bands, bars, zoom.

function buildChartTools() {
  const drawAgain = () => {
    drawRows();
    changed('look');
  };
  const present = new Set(Object.keys(COLOURS).filter((key) => rows.some((row) => COLOURS[key][1](row) !== undefined)));
  const bandChoices = [['auto', 'automatic'], ['', 'none'], ...page.references.map((one, i) => [String(i), one.name])];
  fill(
    byId('chart-tools'),
    anyAccuracy
      ? select(
          'Chart',
          [
            ['', `${metricWords} against energy`],
            ['alone', 'energy alone'],
          ],
          state.alone,
          async (value) => {
            state.alone = value;
            buildChartTools();
            await makeChart();
          },
        )
      : null,
    bases.size > 1
      ? select(
          'Energy',
          [...bases.values()].map((one) => [one.name, `${one.words} (${one.rows})`]),
          state.basis,
          chooseBasis,
        )
      : null,
    select(
      'Colour by',
      Object.keys(COLOURS).map((key) => [
        key,
        present.has(key) ? COLOURS[key][0] : `${COLOURS[key][0]} (not in the data)`,
        !present.has(key),
      ]),
      state.colourBy,
      (value) => {
        state.colourBy = value;
        drawAgain();
      },
    ),
    page.references.length && isScatter()
      ? select('Grade bands', bandChoices, state.band === null ? '' : String(state.band), (value) => {
          state.band = value === '' ? null : value === 'auto' ? value : Number(value);
          setDomains(view.signal('energyDomain'), view.signal('accuracyDomain'));
          summarise();
        })
      : null,
    checkbox(' error bars', state.bars, (on) => {
      state.bars = on;
      drawAgain();
    }),
    isScatter()
      ? checkbox(' Pareto front', state.front, (on) => {
          state.front = on;
          drawAgain();
        })
      : null,
    el(
      'span',
      { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
      button('+', () => zoom(0.7), { 'aria-label': 'Zoom in' }),
      button('−', () => zoom(1 / 0.7), { 'aria-label': 'Zoom out' }),
      button('Show all', showAll),
    ),
  );
}

async function chooseBasis(value) {
  state.basis = value;
  state.ranges.energy = [null, null]; // its unit has changed
  buildFilters();
  await makeChart();
  refilter();
  changed('look');
}
