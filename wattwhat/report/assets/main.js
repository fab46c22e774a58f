// Putting it together: what is shown first, and what follows from what.

function showTitle() {
  const origins = countBy(rows, (row) => row.provenance);
  const parts = [...origins].map(([origin, n]) => `${n} ${origin}`);
  byId('lede').textContent = rows.length
    ? `${plural(rows.length, 'measurement')} (${parts.join(', ')})${devices.size ? ` on ${plural(devices.size, 'device')}` : ''}. ± is the expanded uncertainty, k = 2.`
    : 'No measurements.';
  if (rows.length && rows.every((row) => row.provenance === 'estimated'))
    byId('lede').textContent += ' No sensor was read: all joules are estimates of a model.';
  if (labelStart) byId('lede').textContent += ` Names are shown without “${labelStart}”, which all begin with.`;
  const missing = byId('missing');
  if (!page.missing.length) return;
  missing.hidden = false;
  missing.querySelector('summary').textContent = 'What is missing in the data';
  fill(
    missing.querySelector('ul'),
    page.missing.map((sentence) => el('li', null, sentence)),
  );
}

function followWidth() {
  const resize = debounced(() => {
    const [before, wide] = [chartWide, byId('chart').clientWidth];
    if (!wide || wide === before) return; // not seen, or as it was
    chartWide = wide;
    if (before) drawPicture();
    else drawRows();
    showHover(null);
  }, 60);
  new ResizeObserver(resize).observe(byId('chart'));
}

// The chart is measured in pixels: follow the reader's text size.
function scaleText() {
  textSize = 12 * (parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
}

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

function setTheme() {
  document.documentElement.dataset.theme = state.theme || (darkSystem.matches ? 'dark' : 'light');
}

function buildTheme() {
  const options = [['', 'as the system'], ['light', 'light'], ['dark', 'dark']];
  const choose = (value) => {
    state.theme = value;
    setTheme();
    changed('look');
  };
  fill(byId('theme'), bareSelect('Theme', options, state.theme, choose));
}

// A study's page has its analysis as a second tab.
function buildTabs() {
  if (!page.analysis) return;
  byId('tabs').hidden = false;
  byId('analysis-text').textContent = page.analysis;
  const tabs = [...byId('tabs').querySelectorAll('[role=tab]')];
  const open = (tab) => {
    state.tab = tab.id === 'tab-analysis' ? 'analysis' : '';
    showTab();
    changed('tab');
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => open(tab));
    tab.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(i + by + tabs.length) % tabs.length];
      open(next);
      next.focus();
    });
  });
}

function showTab() {
  if (!page.analysis) return;
  for (const tab of byId('tabs').querySelectorAll('[role=tab]')) {
    const on = tab.id === `tab-${state.tab || 'results'}`;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !on;
  }
}

// Everything that shows a choice, as it stands in the state.
function build() {
  setTheme();
  showTab();
  buildTheme();
  buildFilters();
  buildSlices();
  buildChartTools();
  buildAssumptions();
}

function showEverything() {
  shown = passing();
  showCounts();
  showWarnings();
  buildAnswer();
  drawRows(); // before the table: the chart asks how wide it is, and what is there by then is laid out
  showTable();
  showComparison();
  showTray();
  showPrinted();
}

function listen() {
  when(['rows'], () => {
    showCounts();
    showWarnings();
    buildAnswer();
    buildSlices();
    drawRows();
    showTable();
  });
  when(['look'], () => {
    buildAssumptions();
    buildAnswer();
    showTable();
    showComparison();
  });
  when(['limits'], () => {
    drawLimits();
    showAnswer();
  });
  when(['picked'], () => {
    tickTable();
    drawPicked();
    showComparison();
  });
  when(['picked', 'look'], showTray);
  when(['costs'], () => {
    showComparison();
    showAnswer();
  });
  when(Object.keys(watchers), debounced(writeFragment, 60));
  when(Object.keys(watchers), debounced(showPrinted, 60));
  // a link that was followed while the page is open
  window.addEventListener('hashchange', () => {
    if (fragmentOf(state) === window.location.hash.slice(1)) return;
    readFragment();
    build();
    showEverything();
  });
  darkSystem.addEventListener('change', setTheme);
}

function start() {
  readFragment();
  showTitle();
  scaleText();
  listenToFilters();
  buildTableTools();
  buildShare();
  buildTabs();
  build();
  listen();
  showEverything();
  listenToChart();
  listenToTable();
  followWidth();
  // a badge links to one row
  if (new URLSearchParams(window.location.hash.slice(1)).has('row')) byId('comparison-section').scrollIntoView();
  document.documentElement.dataset.readyMs = String(Math.round(performance.now()));
}

start();
