// What is chosen as the fragment of the address, and what can be sent on: link, text, page, picture, table.
// The fragment holds what differs from a fresh page and nothing else is kept anywhere.

const PLAIN = ['basis', 'colourBy', 'search', 'alone', 'along', 'join', 'question', 'askedKind', 'askedDevice', 'currency', 'theme', 'tab'];
const NUMBERS = ['volume', 'price', 'intensity'];
const SWITCHES = ['bars', 'front', 'fade', 'force'];
const SHORT = { askedKind: 'kind', askedDevice: 'device', colourBy: 'colour', alone: 'chart', along: 'along' };
const keyFor = (name) => SHORT[name] || name;

function fragmentOf(now) {
  const out = new URLSearchParams();
  const plain = fresh();
  for (const name of [...PLAIN, ...NUMBERS]) if (now[name] !== plain[name] && now[name] !== null) out.set(keyFor(name), now[name]);
  for (const name of SWITCHES) if (now[name] !== plain[name]) out.set(name, now[name] ? '1' : '0');
  if (now.band !== plain.band) out.set('band', now.band === null ? 'none' : page.references[now.band].name);
  for (const [name, [low, high]] of Object.entries(now.ranges)) if (low !== null || high !== null) out.set(`range-${name}`, `${low ?? ''}..${high ?? ''}`);
  for (const [name, values] of Object.entries(now.ticked)) for (const value of values) out.append(`only-${name}`, value);
  for (const [name, value] of Object.entries(now.limits)) if (value !== null) out.set(`limit-${name}`, name === 'energy' ? energyText(value) : shareText(value));
  if (now.sort.key !== plain.sort.key || now.sort.down) out.set('sort', (now.sort.down ? '-' : '') + now.sort.key);
  for (const id of now.picked) out.append('pick', rows[id].key);
  return out.toString();
}

// What a fragment says, laid over a fresh state. What this page does not know is left out, never an error.
function stateFrom(fragment) {
  const given = new URLSearchParams(fragment);
  const made = fresh();
  for (const [key] of FACETS) made.ticked[key] = new Set(given.getAll(`only-${key}`));
  for (const name of PLAIN) if (given.has(keyFor(name))) made[name] = given.get(keyFor(name));
  for (const name of NUMBERS) if (given.get(name) && isNumber(Number(given.get(name))) && Number(given.get(name)) >= 0) made[name] = Number(given.get(name));
  for (const name of SWITCHES) if (given.has(name)) made[name] = given.get(name) === '1';
  for (const name of Object.keys(made.ranges)) {
    const [low, high] = (given.get(`range-${name}`) || '').split('..');
    made.ranges[name] = [low, high].map((end) => (!end ? null : name === 'date' ? end : isNumber(Number(end)) ? Number(end) : null));
  }
  const band = given.get('band');
  if (band === 'none') made.band = null;
  else if (band && page.references.some((one) => one.name === band)) made.band = page.references.findIndex((one) => one.name === band);
  const sort = given.get('sort');
  if (sort) made.sort = { key: sort.replace(/^-/, ''), down: sort.startsWith('-') };
  made.picked = [...new Set([...given.getAll('pick'), ...given.getAll('row')].map((key) => byKey.get(key)).filter(Boolean).map((row) => row.id))];
  return knownOnly(made);
}

function knownOnly(made) {
  if (!bases.has(made.basis)) made.basis = page.basis;
  if (!Object.hasOwn(COLOURS, made.colourBy)) made.colourBy = fresh().colourBy;
  if (!varying.some(({ name }) => name === made.along)) made.along = '';
  if (made.join !== null && made.join !== '' && !Object.hasOwn(JOINS, made.join) && !fieldNamed(made.join)) made.join = null;
  if (!Object.hasOwn(QUESTIONS, made.question)) made.question = 'accurate';
  if (!['', 'light', 'dark'].includes(made.theme)) made.theme = '';
  if (made.tab !== 'analysis') made.tab = '';
  return made;
}

function readFragment() {
  const fragment = window.location.hash.slice(1);
  Object.assign(state, stateFrom(fragment));
  const given = new URLSearchParams(fragment);
  state.limits.energy = energyFrom(given.get('limit-energy') || '').joules ?? null;
  state.limits.accuracy = accuracyFrom(given.get('limit-accuracy') || '').share ?? null;
}

function writeFragment() {
  const fragment = fragmentOf(state);
  if (fragment === window.location.hash.slice(1)) return;
  // a page of the file system may forbid this to some browsers; the button still gives the link
  try {
    window.history.replaceState(null, '', fragment ? `#${fragment}` : window.location.pathname + window.location.search);
  } catch {
    return;
  }
}

const linkNow = () => {
  const fragment = fragmentOf(state);
  return window.location.href.split('#')[0] + (fragment ? `#${fragment}` : '');
};

// The answer, the pairs that are picked and where it is from: as one would paste it into a mail.
function textNow() {
  const picked = pickedRows();
  const lines = [page.title, answerText()];
  if (picked.length > 1) lines.push(...picked.slice(1).map((row) => pairWords(row, picked[0])));
  else if (picked.length) lines.push(`${isolatedText(picked[0].name)}: ${inShort(picked[0])}`);
  return [...lines, countWords(), linkNow()].filter(Boolean).join('\n');
}

async function copy(words, said) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const area = el('textarea', { class: 'away', 'aria-hidden': 'true' });
    area.value = words;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  byId('shared').textContent = said;
}

function download(parts, type, name) {
  const link = el('a', { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  byId('shared').textContent = `${name} was saved.`;
}

// The picture with the theme's colours put in, so that it looks the same elsewhere.
function svgNow() {
  const style = getComputedStyle(document.documentElement);
  const copied = picture.root.cloneNode(true);
  copied.setAttribute('xmlns', SVG);
  copied.prepend(svg('title', {}, `${byId('chart-title').textContent}. ${page.title}`), svg('rect', { width: '100%', height: '100%', fill: 'var(--paper)' }));
  for (const grip of copied.querySelectorAll('.grip')) grip.remove();
  return new XMLSerializer().serializeToString(copied).replace(/var\((--[a-z]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
}

async function pngNow() {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgNow())}`;
  await image.decode();
  const canvas = el('canvas', { width: 2 * picture.width, height: 2 * picture.height });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}

// The page as it came, before anything was drawn.
const pristine = document.documentElement.cloneNode(true);

// This page with the shown rows only.
function pageNow() {
  const kept = shown.map((row) => page.cells[row.id]);
  const note = `Saved from a page of ${plural(rows.length, 'measurement')}: ${kept.length} of them are here.`;
  const copied = pristine.cloneNode(true);
  const data = { ...page, cells: kept, missing: [...page.missing, note] };
  copied.querySelector('#page-data').textContent = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>\n${copied.outerHTML}\n`;
}

function buildShare() {
  const ways = [
    ['Copy link', () => copy(linkNow(), 'The link was copied.')],
    ['Copy as text', () => copy(textNow(), 'The text was copied.')],
    ['Save page with these rows', () => download([pageNow()], 'text/html;charset=utf-8', 'wattwhat.html')],
    ['Save chart as SVG', () => download([svgNow()], 'image/svg+xml', 'wattwhat.svg')],
    ['Save chart as PNG', async () => download([await pngNow()], 'image/png', 'wattwhat.png')],
    ['Save picked rows as CSV', () => download(['\ufeff', csvText(state.picked.length ? pickedRows() : ordered)], 'text/csv;charset=utf-8', 'wattwhat-picked.csv')],
  ];
  fill(byId('share').querySelector('div'), ways.map(([said, work]) => button(said, work)));
}
