// Axes: where a number stands in a picture, which number stands at a place, and which are written beside it.

const SCALES = {
  log: { to: Math.log, from: Math.exp },
  linear: { to: (value) => value, from: (value) => value },
};

// domain: the numbers at both ends; range: their pixels, set by the picture. `labels`: [number, words] of each, where words stand at it.
function axisOf(type, domain, title, format = shortNumber, labels = null) {
  return { type, domain, title, format, labels, range: [0, 1] };
}

function shareOf(axis, value) {
  const { to } = SCALES[axis.type];
  const [low, high] = axis.domain.map(to);
  return (to(value) - low) / (high - low);
}

const placeOf = (axis, value) => axis.range[0] + shareOf(axis, value) * (axis.range[1] - axis.range[0]);

function valueAt(axis, pixel) {
  const { to, from } = SCALES[axis.type];
  const [low, high] = axis.domain.map(to);
  return from(low + ((pixel - axis.range[0]) / (axis.range[1] - axis.range[0])) * (high - low));
}

// The domain after zooming by a factor (below 1 zooms in) around a share of the axis, moved by another share.
function zoomed(axis, factor, share = 0.5, shift = 0) {
  const { to, from } = SCALES[axis.type];
  const [low, high] = axis.domain.map(to);
  const at = low + (high - low) * share;
  return [low, high].map((end) => from(at + (end - at) * factor - shift * (high - low)));
}

const shortNumber = (value) => {
  const size = Math.abs(value);
  if (size >= 1e7 || (size && size < 1e-4)) return figures(value, 2);
  return size < 1000 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en');
};

function niceStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((digit) => digit * power >= rough) || 10);
}

function linearTicks([low, high], count) {
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  if (!(last - first < 100)) return [];
  // what adds up from steps may miss a round number by rounding
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// 1, 2 and 5 of each decade; of a long axis the decades, of a short one even steps.
function logTicks([low, high], count) {
  const span = high / low;
  if (span < 8) return linearTicks([low, high], count);
  const digits = span < 3000 ? [1, 2, 5] : [1];
  const decades = [];
  const every = Math.max(1, Math.round(Math.log10(span) / 12));
  for (let n = Math.floor(Math.log10(low)); n <= Math.log10(high); n += every) decades.push(n);
  return decades
    .flatMap((n) => digits.map((digit) => Number((digit * 10 ** n).toPrecision(3))))
    .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
}

// Numbers to be written at an axis of so many pixels: [value, words].
function ticksOf(axis, pixels, apart) {
  if (axis.labels) return axis.labels;
  const count = Math.max(2, Math.min(8, Math.floor(pixels / apart)));
  const values = (axis.type === 'log' ? logTicks : linearTicks)(axis.domain, count);
  return values.map((value) => [value, axis.format(value)]);
}
