// Pointing at the chart: hover and click by mouse or finger, steps by keyboard, moving and zooming.

const REACH = 22; // pixels: how near a marker the pointer must be
let cursor = -1; // where the keyboard stands in `drawn`

function plotPoint(mark) {
  const [left, top] = view.origin();
  const y = isScatter()
    ? view.scale('y')(mark.accuracy)
    : view.scale('y')(mark.row) + (view.scale('y').bandwidth ? view.scale('y').bandwidth() / 2 : 0);
  return [left + view.scale('x')(mark.energy), top + y];
}

function pointerAt(event) {
  const box = byId('plot').getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function nearest([x, y]) {
  let [found, least] = [null, REACH ** 2];
  for (const mark of drawn) {
    const [px, py] = plotPoint(mark);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance < least) [found, least] = [mark, distance];
  }
  return found;
}

// Everything that is known of a measurement in a few lines; also what the keyboard's step speaks.
function told(row) {
  const b = basis();
  const lines = [[b.words, energyOf(row) ? `${plusMinus(energyOf(row), b.factor)} ${b.unit}` : MISSING]];
  if (anyAccuracy) lines.push([metricWords, percent(row.accuracy)]);
  if (row.grade) lines.push(['grade', `${row.grade.letter}${row.grade.odds ? ` (${odds(row)})` : ''}`]);
  lines.push(
    ['origin', row.provenance],
    ['device', row.device || MISSING],
    ['energy of', row.scope || 'scope unknown'],
  );
  if (families.size) lines.push(['family', row.family || MISSING]);
  if (anyParameters) lines.push(['parameters', count(row.parameters)]);
  if (row.power) lines.push(['mean power', withUnit(row.power, 'W')]);
  if (row.started_at) lines.push(['date', row.started_at.slice(0, 16).replace('T', ' ') + ' UTC']);
  if (row.warnings.length)
    lines.push([
      'warnings',
      row.warnings.length === 1 ? row.warnings[0] : `${row.warnings.length}: ${row.warnings[0]} …`,
    ]);
  return lines;
}

const odds = (row) =>
  Object.entries(row.grade.odds || {})
    .sort((a, b) => b[1] - a[1])
    .map(([letter, p]) => `${letter} ${Math.round(100 * p)} %`)
    .join(', ');

function showHover(mark) {
  const box = byId('hover');
  if (!mark) {
    box.hidden = true;
    return;
  }
  const row = rows[mark.id];
  fill(
    box,
    el('strong', null, isolated(row.name)),
    el(
      'dl',
      null,
      told(row).map(([name, value]) => el('div', null, el('dt', null, name), el('dd', null, value))),
    ),
  );
  box.hidden = false;
  const [x, y] = plotPoint(mark);
  const room = byId('chart').clientWidth;
  const width = Math.min(box.offsetWidth, room);
  box.style.left = `${Math.max(0, x + 16 + width <= room ? x + 16 : Math.min(x - 16 - width, room - width))}px`;
  box.style.top = `${x + 16 + width <= room || x - 16 - width >= 0 ? Math.max(0, y - 30) : y + 20}px`;
}

function step(by) {
  if (!drawn.length) return;
  cursor = cursor < 0 ? (by > 0 ? 0 : drawn.length - 1) : Math.min(Math.max(cursor + by, 0), drawn.length - 1);
  const mark = drawn[cursor];
  view.data('cursor', [mark]).run();
  showHover(mark);
  const row = rows[mark.id];
  byId('spoken').textContent = `${isolatedText(row.name)}${isPicked(row) ? ', picked' : ''}. ${told(row)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}.`;
}

function leaveKeyboard() {
  cursor = -1;
  if (view) view.data('cursor', []).run();
  showHover(null);
}

const KEYS = {
  ArrowRight: () => step(1),
  ArrowUp: () => step(1),
  ArrowLeft: () => step(-1),
  ArrowDown: () => step(-1),
  Home: () => {
    cursor = 1;
    step(-1);
  },
  End: () => {
    cursor = drawn.length - 2;
    step(1);
  },
  Enter: () => cursor >= 0 && pick(drawn[cursor].id),
  ' ': () => cursor >= 0 && pick(drawn[cursor].id),
  '+': () => zoom(0.7),
  '-': () => zoom(1 / 0.7),
  0: () => showAll(),
  Escape: leaveKeyboard,
};

function listenToChart() {
  const host = byId('chart');
  let grip = null; // where a drag began: pointer, domains, and whether it has moved
  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  host.addEventListener('blur', leaveKeyboard);
  host.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    grip = {
      at: pointerAt(event),
      energy: view.signal('energyDomain'),
      accuracy: isScatter() ? view.signal('accuracyDomain') : null,
      moved: false,
    };
  });
  host.addEventListener('pointermove', (event) => {
    if (grip && event.pointerType === 'mouse' && event.buttons) drag(event, grip);
    else if (event.pointerType === 'mouse') showHover(nearest(pointerAt(event)));
  });
  host.addEventListener('pointerleave', () => showHover(null));
  host.addEventListener('pointercancel', () => {
    grip = null;
  });
  host.addEventListener('pointerup', (event) => {
    const clicked = grip && !grip.moved;
    grip = null;
    const mark = clicked ? nearest(pointerAt(event)) : null;
    if (mark) pick(mark.id);
    if (event.pointerType !== 'mouse') showHover(mark);
  });
  host.addEventListener('dblclick', showAll);
  host.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return; // a plain wheel scrolls the page
      event.preventDefault();
      const [left, top] = view.origin();
      const [x, y] = pointerAt(event);
      zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, [(x - left) / view.scale('x').range()[1], 1 - (y - top) / plotHeight()]);
    },
    { passive: false },
  );
}

const plotHeight = () => (isScatter() ? view.scale('y').range()[0] : view.height());

function drag(event, grip) {
  const [x, y] = pointerAt(event);
  const [dx, dy] = [x - grip.at[0], y - grip.at[1]];
  if (!grip.moved && Math.hypot(dx, dy) < 4) return;
  grip.moved = true;
  showHover(null);
  const shift = (Math.log(grip.energy[1] / grip.energy[0]) * dx) / view.scale('x').range()[1];
  const rise = grip.accuracy ? ((grip.accuracy[1] - grip.accuracy[0]) * dy) / plotHeight() : 0;
  setDomains(
    grip.energy.map((end) => end * Math.exp(-shift)),
    grip.accuracy && grip.accuracy.map((end) => end + rise),
  );
}
