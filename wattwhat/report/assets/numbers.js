// Numbers as text: never without their uncertainty, and missing ones as a dash.

const MISSING = '–';
const K = 2; // coverage factor of what is shown as ±
const K95 = 1.959963984540054; // of the intervals of ratios and differences

const isNumber = (x) => typeof x === 'number' && Number.isFinite(x);

function figures(value, count = 4) {
  if (!isNumber(value)) return MISSING;
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 7 || size < -5)
    return value
      .toExponential(count - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(count)));
}

function fixed(value, decimals) {
  if (decimals >= 0) return value.toFixed(Math.min(decimals, 12));
  const step = 10 ** -decimals;
  return String(Math.round(value / step) * step);
}

// '12.34 ± 0.10 J', the uncertainty with two figures and the value to match; pair is [value, u].
function plusMinus(pair, factor = 1, unit = '') {
  if (!pair || !isNumber(pair[0])) return MISSING;
  const value = pair[0] * factor;
  const tail = unit && ` ${unit}`;
  if (!isNumber(pair[1])) return `${figures(value)}${tail} (U unknown)`;
  const half = K * pair[1] * factor;
  if (half === 0) return `${figures(value, 6)} ± 0${tail}`;
  const decimals = 1 - Math.floor(Math.log10(half));
  return `${fixed(value, decimals)} ± ${fixed(half, decimals)}${tail}`;
}

const SI = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
];

// '1.23 ± 0.04 MJ': the prefix goes by the value.
function withUnit(pair, unit) {
  if (!pair || !isNumber(pair[0])) return MISSING;
  const [size, prefix] = SI.find(([size]) => Math.abs(pair[0]) >= size) || (pair[0] === 0 ? SI[3] : SI[6]);
  return plusMinus(pair, 1 / size, prefix + unit);
}

// The same for what knows no prefixes, money: '(1.2 ± 0.3) × 10⁻⁶' where it is very small.
function plainUnit(pair, unit) {
  if (!pair || !isNumber(pair[0])) return MISSING;
  const size = Math.floor(Math.log10(Math.max(Math.abs(pair[0]), K * (pair[1] || 0), 1e-300)) / 3) * 3;
  if (size >= -3 || !pair[0]) return plusMinus(pair, 1, unit);
  return `(${plusMinus(pair, 10 ** -size)}) × 10${String(size).replace(/./g, (c) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(c)])} ${unit}`;
}

const percent = (pair) => plusMinus(pair, 100, '%');

function count(value) {
  if (!isNumber(value)) return MISSING;
  if (Math.abs(value) < 1e4) return figures(value);
  const [size, prefix] = SI.find(([size]) => Math.abs(value) >= size);
  return `${figures(value / size, 3)}\u202f${prefix}`;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

// A ratio or difference with its interval; {value, low, high}, ends null where not known.
function interval(result, show = (x) => figures(x, 3)) {
  if (!result) return MISSING;
  if (result.low === null) return `${show(result.value)} (interval unknown)`;
  return `${show(result.value)} (${show(result.low)} to ${show(result.high)})`;
}

const signed = (value) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${figures(Math.abs(value), 3)}`;

// '+1.2 (+1.0 to +1.4) MJ': one prefix for all three.
function signedInterval(result, unit) {
  const most = Math.max(Math.abs(result.value), Math.abs(result.low ?? 0), Math.abs(result.high ?? 0));
  const [size, prefix] = SI.find(([size]) => most >= size) || SI[3];
  return `${interval(result, (value) => signed(value / size))} ${prefix}${unit}`;
}
