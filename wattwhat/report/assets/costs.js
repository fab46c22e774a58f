// Joules, money and grams of CO2 of so many inferences, at a price and a carbon intensity that the reader sets.

const J_PER_KWH = 3.6e6;

const scaled = (pair, factor) => pair && [pair[0] * factor, isNumber(pair[1]) ? pair[1] * factor : null];
const scaledInterval = (one, factor) =>
  one && {
    value: one.value * factor,
    low: one.low === null ? null : one.low * factor,
    high: one.high === null ? null : one.high * factor,
  };

const perJoule = { money: () => state.price / J_PER_KWH, grams: () => state.intensity / J_PER_KWH };

function timesWords() {
  return { item: 'items (inferences)', call: 'calls', total: 'such runs' }[state.basis];
}

// A slider with a number beside it; the slider is logarithmic where its range spans powers of ten.
function slider(words, key, { low, high, log, step, hint }) {
  const toSlider = (value) => (log ? Math.log10(value) : value);
  const fromSlider = (value) => (log ? Number((10 ** value).toPrecision(2)) : value);
  const number = el('input', {
    type: 'number',
    min: 0,
    step: 'any',
    value: state[key],
    name: key,
    'aria-label': `${words}, exact`,
  });
  const range = el('input', {
    type: 'range',
    min: toSlider(low),
    max: toSlider(high),
    step: log ? 0.05 : step,
    value: toSlider(state[key]),
    name: `${key}-slider`,
    'aria-label': words,
  });
  const take = (value) => {
    if (!isNumber(value) || value < 0) return;
    state[key] = value;
    range.setAttribute('aria-valuetext', figures(value));
    changed('costs');
  };
  range.addEventListener('input', () => {
    const value = fromSlider(Number(range.value));
    number.value = value;
    take(value);
  });
  number.addEventListener('input', () => {
    if (number.value === '') return;
    take(Number(number.value));
    range.value = toSlider(Math.max(Number(number.value), low));
  });
  range.setAttribute('aria-valuetext', figures(state[key]));
  return el('fieldset', { class: 'slider', title: hint }, el('legend', null, words), el('div', null, range, number));
}

function buildAssumptions() {
  const currency = el('input', {
    type: 'text',
    maxlength: 8,
    size: 5,
    value: state.currency,
    name: 'currency',
    on: {
      input: () => {
        state.currency = currency.value;
        changed('costs');
      },
    },
  });
  const before = byId('assumptions').querySelector('details');
  const open = before ? before.open : window.matchMedia('(min-width: 62.5rem)').matches;
  const tools = [
    slider(`Number of ${timesWords()}`, 'volume', { low: 1, high: 1e12, log: true, hint: 'default: a million' }),
    slider('Price of a kWh', 'price', { low: 0, high: 1, step: 0.01, hint: 'default 0.25: a round figure, not yours' }),
    field('Currency', currency),
    slider('Carbon intensity (g CO₂ per kWh)', 'intensity', {
      low: 0,
      high: 1200,
      step: 5,
      hint: 'default 400: a round figure, not that of your grid',
    }),
  ];
  fill(
    byId('assumptions'),
    el(
      'details',
      { open },
      el('summary', null, 'Number, price and carbon intensity: round figures, set yours'),
      el('div', { class: 'tools' }, tools),
    ),
  );
}
