// The answer bar: which model is the most accurate within a limit of energy, or needs least for an accuracy.
// It never ranks over tasks, data sets or kinds of energy; over devices only where the reader asks for it.

const QUESTIONS = { accurate: 'Most accurate', least: 'Least energy' };
const ANY = 'any'; // device

// Traits that an answer must share, device apart: the reader may take any of them.
const ANSWER_TRAITS = [...new Set(['scope', 'phase', 'item', 'origin', ...page.apart])].filter((name) => name !== 'device');
const answerKind = perRow((row) => ANSWER_TRAITS.map((name) => row.traits[name] ?? '').join('\n'));
const answerKindWords = (row) =>
  ANSWER_TRAITS
    .map((name) => (name === 'scope' ? row.traits.scope || 'scope unknown' : name === 'item' ? row.traits.item && `per ${row.traits.item}` : name === 'origin' ? ORIGINS[row.traits.origin] : row.traits[name]))
    .filter(Boolean)
    .join(', ');

const answerable = () => shown.filter((row) => energyOf(row) && energyOf(row)[0] > 0 && (row.accuracy || !anyAccuracy));

// The kind and device that are asked about: the chosen ones, else those of most rows.
function askedOf(list, chosen, key) {
  const counts = [...countBy(list, key)].sort((a, b) => b[1] - a[1]);
  return counts.some(([one]) => one === chosen) ? chosen : counts.length ? counts[0][0] : undefined;
}

function asked() {
  const all = answerable();
  const kind = askedOf(all, state.askedKind, answerKind);
  const alike = all.filter((row) => answerKind(row) === kind);
  const several = countBy(alike, (row) => row.device).size > 1;
  const device = !several || state.askedDevice === ANY ? ANY : askedOf(alike, state.askedDevice, (row) => row.device ?? '');
  return { all, kind, alike, several, device, rows: device === ANY ? alike : alike.filter((row) => (row.device ?? '') === device) };
}

const within = (row) =>
  (state.limits.energy === null || energyOf(row)[0] <= state.limits.energy) &&
  (state.limits.accuracy === null || (row.accuracy && row.accuracy[0] >= state.limits.accuracy));

// The best two rows; of equals the one that needs less, or is more accurate.
function bestTwo(list) {
  const energy = (row) => energyOf(row)[0];
  const accuracy = (row) => (row.accuracy ? row.accuracy[0] : 0);
  const accurate = state.question === 'accurate' && anyAccuracy;
  const order = accurate
    ? (a, b) => accuracy(b) - accuracy(a) || energy(a) - energy(b)
    : (a, b) => energy(a) - energy(b) || accuracy(b) - accuracy(a);
  return list.filter(within).sort(order).slice(0, 2);
}

const limitWords = () =>
  [state.limits.energy === null ? null : `under ${energyText(state.limits.energy)}`, state.limits.accuracy === null ? null : `with ${shareText(state.limits.accuracy)} or more`]
    .filter(Boolean)
    .join(' and ');

const perWords = (row) => ({ item: `per ${(row && row.traits.item) || 'item'}`, call: 'per call', total: 'in total' })[state.basis];
const inShort = (row) => [row.accuracy ? `${percent(row.accuracy)}, ` : '', withUnit(energyOf(row), 'J')].join('');

// How sure it is that a row keeps the limit of energy: said where its interval reaches beyond.
function limitDoubt(row) {
  const [value, u] = energyOf(row);
  if (state.limits.energy === null) return '';
  if (!isNumber(u)) return ' Its U is unknown, so whether it keeps the limit is, too.';
  return value + K * u > state.limits.energy ? ' Its interval reaches beyond the limit.' : '';
}

function runnerUp(best, second) {
  const unlike = differences(best, second);
  const energyWords = unlike.length && !state.force ? `energies not compared (${unlike[0]})` : { 'needs more': `needs ${figures(ratioValue(second, best), 3)} times the energy`, 'needs less': `needs ${figures(ratioValue(second, best), 3)} times the energy` }[verdict(ratio(second, best))] || verdict(ratio(second, best));
  const gap = second.accuracy && best.accuracy && accuracyDifference(second, best);
  const same = gap && gap.low !== null && gap.low <= 0 && gap.high >= 0 && state.question === 'accurate';
  return [energyWords, same ? 'cannot tell which is more accurate' : null].filter(Boolean).join('; ');
}

const ratioValue = (row, base) => energyOf(row)[0] / energyOf(base)[0];

// The answer as pieces for an element, and as one text to be sent on.
function answerPieces(now = asked()) {
  if (!now.rows.length) return ['No shown row has what this asks for.'];
  const [best, second] = bestTwo(now.rows);
  const question = `${QUESTIONS[anyAccuracy ? state.question : 'least']} ${[limitWords(), perWords(now.rows[0])].filter(Boolean).join(' ')}`;
  if (!best) return [`${question}: none of ${plural(now.rows.length, 'model')}.`];
  const pieces = [`${question}: `, ['b', best], `, ${inShort(best)}${now.device === ANY && now.several ? ` on ${best.device}` : ''}.${limitDoubt(best)}`];
  if (second) pieces.push(' Runner-up ', ['', second], `, ${inShort(second)}: ${runnerUp(best, second)}.`);
  const left = now.all.length - now.rows.length;
  if (left) pieces.push(` ${plural(left, 'row')} of other ${now.kind === undefined || now.alike.length === now.all.length ? 'devices' : 'kinds or devices'} not compared.`);
  return pieces;
}

const answerText = () => answerPieces().map((piece) => (Array.isArray(piece) ? isolatedText(piece[1].name) : piece)).join('');

function showAnswer(now = asked()) {
  const link = ([tag, row]) => button(tag ? el('strong', null, isolated(row.shortName)) : isolated(row.shortName), () => pick(row.id, true), { class: 'name-link', title: `${row.name}: pick it` });
  fill(byId('answer-text'), answerPieces(now).map((piece) => (Array.isArray(piece) ? link(piece) : piece)));
}

// The arrow keys move a limit by a twentieth, an accuracy by half a point; without one they begin at the best answer.
function stepLimit(event, key, input, to) {
  const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const [best] = bestTwo(asked().rows);
  const now = state.limits[key] ?? (best && (key === 'energy' ? energyOf(best)[0] : best.accuracy && best.accuracy[0]));
  if (!isNumber(now)) return;
  state.limits[key] = key === 'energy' ? Number((now * 1.05 ** by).toPrecision(3)) : Math.min(Math.max(now + by * 0.005, 0), 1);
  input.value = to(state.limits[key]);
  changed('limits');
}

function limitField(key, label, from, to) {
  const value = state.limits[key];
  const say = el('span', { class: 'problem', id: `${key}-problem`, role: 'alert' });
  const example = key === 'energy' ? 'no limit' : 'any';
  const input = el('input', { type: 'text', name: `limit-${key}`, class: 'limit', value: value === null ? '' : to(value), placeholder: example, autocomplete: 'off', 'aria-label': label, title: key === 'energy' ? HOW : 'write it as 80 % or 0.8', 'aria-describedby': say.id });
  const take = () => {
    const found = from(input.value);
    input.setAttribute('aria-invalid', String(Boolean(found.problem)));
    say.textContent = found.problem || found.note || '';
    // what is refused is no limit: not the one that stood there a letter ago
    state.limits[key] = found.joules ?? found.share ?? null;
    changed('limits');
  };
  input.addEventListener('input', beforeNextPicture(take));
  input.addEventListener('keydown', (event) => stepLimit(event, key, input, to));
  return [input, say];
}

function buildAnswer() {
  const now = asked();
  const kinds = [...countBy(now.all, answerKind).keys()];
  const words = new Map(kinds.map((kind) => [kind, answerKindWords(now.all.find((row) => answerKind(row) === kind))]));
  const choose = (key) => (value) => {
    state[key] = value;
    buildAnswer();
    changed('limits');
  };
  const devicesHere = [...countBy(now.alike, (row) => row.device ?? '').keys()].sort();
  fill(
    byId('answer-controls'),
    anyAccuracy ? bareSelect('Question', Object.entries(QUESTIONS), state.question, choose('question')) : 'Least energy',
    ' under ',
    limitField('energy', 'limit of energy, such as 300 mJ', energyFrom, energyText),
    ` ${perWords(now.rows[0])}`,
    anyAccuracy ? [' with at least ', limitField('accuracy', `least ${metricWords}, such as 80 %`, accuracyFrom, shareText)] : null,
    now.several ? [' on ', bareSelect('Device', [[ANY, 'any device'], ...devicesHere.map((one) => [one, one || 'device not known'])], now.device, choose('askedDevice'))] : null,
    kinds.length > 1 ? [' of ', bareSelect('Kind of energy', kinds.map((one) => [one, words.get(one)]), now.kind, choose('askedKind'))] : null,
  );
  showAnswer(now);
}
