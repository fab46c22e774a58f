// Putting it together: what is shown first, and what follows from what.

function showHead() {
  const origins = countBy(rows, (row) => row.provenance);
  const parts = [...origins].map(([origin, n]) => `${n} ${origin}`);
  byId('lede').textContent = rows.length
    ? `${plural(rows.length, 'measurement')} (${parts.join(', ')})${devices.size ? ` on ${plural(devices.size, 'device')}` : ''}. ± is the expanded uncertainty, k = 2.`
    : 'No measurements.';
  if (rows.length && rows.every((row) => row.provenance === 'estimated'))
    byId('lede').textContent += ' No sensor was read: all joules are estimates of a model.';
  const missing = byId('missing');
  if (!page.missing.length) return;
  missing.hidden = false;
  missing.open = page.missing.length < 4;
  missing.querySelector('summary').textContent = 'What is missing in the data';
  fill(
    missing.querySelector('ul'),
    page.missing.map((sentence) => el('li', null, sentence)),
  );
}

function followWidth() {
  let width = byId('chart').clientWidth;
  const resize = debounced(() => {
    if (byId('chart').clientWidth === width) return;
    width = byId('chart').clientWidth;
    const [w, h] = chartSize();
    view.width(w).height(h).run();
    showHover(null);
  }, 60);
  new ResizeObserver(resize).observe(byId('chart'));
}

// Vega measures in pixels: follow the reader's text size.
function scaleText() {
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  for (const spec of Object.values(specs)) {
    spec.config.axis.labelFontSize *= size;
    spec.config.axis.titleFontSize *= size;
  }
}

async function start() {
  showHead();
  scaleText();
  listenToFilters();
  buildFilters();
  buildChartTools();
  buildAssumptions();
  buildTableTools();
  when(['rows'], () => {
    showCounts();
    showWarnings();
    showTable();
    drawRows();
  });
  when(['look'], () => {
    buildAssumptions();
    showComparison();
  });
  when(['picked'], () => {
    tickTable();
    drawPicked();
    showComparison();
  });
  when(['costs'], showComparison);
  showCounts();
  showWarnings();
  showTable();
  showComparison();
  await makeChart();
  listenToChart();
  followWidth();
  document.documentElement.dataset.readyMs = String(Math.round(performance.now()));
}

start();
