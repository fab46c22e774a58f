// Ratios and differences of two energies, with what two readings of the same sensors have in common taken out.

// u over value, or null where it is not known.
const relative = ([value, u]) => (isNumber(u) && value ? u / Math.abs(value) : null);

const sameSensors = (a, b) => Boolean(a.sensors && b.sensors && a.sensors.ids === b.sensors.ids);

// Splits the relative uncertainty of a row's energy into what its sensors share with others, and its own.
function split(row, together) {
  const whole = relative(energyOf(row));
  if (whole === null) return null;
  const [gain, offset] = together ? [row.sensors.gain, row.sensors.offset] : [0, 0];
  return { gain, offset, own: Math.sqrt(Math.max(0, whole ** 2 - gain ** 2 - offset ** 2)) };
}

// Standard deviation of the logarithm of a log-normal energy with this relative uncertainty.
const logSpread = (share) => Math.sqrt(Math.log1p(share ** 2));

// Energy of row over energy of base: {value, low, high} at 95 %, log-normal (ratios are never below 0).
function ratio(row, base) {
  const [a, b] = [energyOf(row), energyOf(base)];
  if (!a || !b || !(a[0] > 0) || !(b[0] > 0)) return null;
  const value = a[0] / b[0];
  if (row.id === base.id) return { value: 1, low: 1, high: 1 };
  const [x, y] = [split(row, sameSensors(row, base)), split(base, sameSensors(row, base))];
  if (!x || !y) return { value, low: null, high: null };
  const spread = Math.hypot(
    logSpread(x.gain) - logSpread(y.gain),
    logSpread(x.offset) - logSpread(y.offset),
    logSpread(x.own),
    logSpread(y.own),
  );
  return { value, low: value * Math.exp(-K95 * spread), high: value * Math.exp(K95 * spread) };
}

// Energy of row minus energy of base, in J.
function difference(row, base) {
  const [a, b] = [energyOf(row), energyOf(base)];
  if (!a || !b) return null;
  const value = a[0] - b[0];
  if (row.id === base.id) return { value: 0, low: 0, high: 0 };
  const [x, y] = [split(row, sameSensors(row, base)), split(base, sameSensors(row, base))];
  if (!x || !y) return { value, low: null, high: null };
  const [s, t] = [Math.abs(a[0]), Math.abs(b[0])];
  const u = Math.hypot(x.gain * s - y.gain * t, x.offset * s - y.offset * t, x.own * s, y.own * t);
  return { value, low: value - K95 * u, high: value + K95 * u };
}

// In points of percent; accuracies are taken as independent, which is cautious for one set of test items.
function accuracyDifference(row, base) {
  if (!row.accuracy || !base.accuracy) return null;
  const value = 100 * (row.accuracy[0] - base.accuracy[0]);
  if (row.id === base.id) return { value: 0, low: 0, high: 0 };
  if (!isNumber(row.accuracy[1]) || !isNumber(base.accuracy[1])) return { value, low: null, high: null };
  const u = 100 * Math.hypot(row.accuracy[1], base.accuracy[1]);
  return { value, low: value - K95 * u, high: value + K95 * u };
}

// What the interval of a ratio establishes, in words.
function verdict(result) {
  if (!result || result.low === null) return 'cannot tell: U unknown';
  if (result.low > 1) return 'needs more';
  if (result.high < 1) return 'needs less';
  return 'cannot tell which needs less';
}
