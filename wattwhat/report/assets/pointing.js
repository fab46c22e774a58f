// Pointing at the chart: hover and click by mouse or finger, steps by keyboard, moving and zooming.

const REACH = 22; // pixels: how near a marker the pointer must be
let cursor = -1; // where the keyboard stands in `drawn`

function pointerAt(event) {
  const box = byId('plot').getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function nearest([x, y]) {
  let [found, least] = [null, REACH ** 2];
  for (const mark of drawn) {
    const distance = (mark.px - x) ** 2 + (mark.py - y) ** 2;
    if (distance < least) [found, least] = [mark, distance];
  }
  return found;
}

// Everything that is known of a measurement in a few lines; also what the keyboard's step speaks.
function told(row) {
  const b = basis();
  const lines = [[b.words, plusMinus(energyOf(row), b.factor, b.unit)]];
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

// 'B 90 %, C 10 %'
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
  const [x, y] = [mark.px, mark.py];
  const room = byId('chart').clientWidth;
  const width = Math.min(box.offsetWidth, room);
  box.style.left = `${Math.max(0, x + 16 + width <= room ? x + 16 : Math.min(x - 16 - width, room - width))}px`;
  box.style.top = `${x + 16 + width <= room || x - 16 - width >= 0 ? Math.max(0, y - 30) : y + 20}px`;
}

function step(by) {
  if (!drawn.length) return;
  cursor = cursor < 0 ? (by > 0 ? 0 : drawn.length - 1) : Math.min(Math.max(cursor + by, 0), drawn.length - 1);
  const mark = drawn[cursor];
  drawCursor(mark);
  showHover(mark);
  const row = rows[mark.id];
  byId('spoken').textContent = `${isolatedText(row.name)}${isPicked(row) ? ', picked' : ''}. ${told(row)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}.`;
}

// A dashed ring where the keyboard stands.
function drawCursor(mark) {
  const look = { r: 13, fill: 'none', stroke: 'var(--ink)', 'stroke-width': 1.5, 'stroke-dasharray': '3 2' };
  draw(picture, 'cursor', mark ? svg('circle', { cx: mark.px, cy: mark.py, ...look }) : []);
}

function leaveKeyboard() {
  cursor = -1;
  drawCursor(null);
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
    const limit = event.target.dataset ? event.target.dataset.limit : undefined;
    if (limit) host.setPointerCapture(event.pointerId);
    grip = { limit, at: pointerAt(event), x: { ...picture.x }, y: { ...picture.y }, moved: false };
  });
  host.addEventListener('pointermove', (event) => {
    if (grip && grip.limit) {
      grip.moved = true;
      moveLimit(grip.limit, pointerAt(event));
    } else if (grip && event.pointerType === 'mouse' && event.buttons) drag(event, grip);
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
      const [x, y] = pointerAt(event);
      const { box } = picture;
      const at = [(x - box.left) / (box.right - box.left), (box.bottom - y) / (box.bottom - box.top)];
      zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, at);
    },
    { passive: false },
  );
}

function drag(event, grip) {
  const [x, y] = pointerAt(event);
  const [dx, dy] = [x - grip.at[0], y - grip.at[1]];
  if (!grip.moved && Math.hypot(dx, dy) < 4) return;
  grip.moved = true;
  showHover(null);
  const { box } = picture;
  setDomains(zoomed(grip.x, 1, 0, dx / (box.right - box.left)), zoomed(grip.y, 1, 0, -dy / (box.bottom - box.top)));
}
