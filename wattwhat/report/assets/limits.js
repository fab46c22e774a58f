// Limits as lines on the chart that can be dragged, with the mouse, a finger or the arrow keys.

const energyAxis = () => (chartKind() === 'series' ? 'y' : 'x');

function limitLines() {
  const lines = [];
  if (state.limits.energy !== null) lines.push({ key: 'energy', axis: energyAxis(), value: state.limits.energy * basis().factor, words: energyText(state.limits.energy) });
  if (state.limits.accuracy !== null && isScatter()) lines.push({ key: 'accuracy', axis: 'y', value: state.limits.accuracy, words: shareText(state.limits.accuracy) });
  return lines;
}

function drawLimits() {
  const { box } = picture;
  const shapes = limitLines().flatMap(({ key, axis, value, words }) => {
    const at = placeOf(picture[axis], value);
    const [inside, line] = axis === 'x' ? [at >= box.left && at <= box.right, { x1: at, x2: at, y1: box.top, y2: box.bottom }] : [at >= box.top && at <= box.bottom, { y1: at, y2: at, x1: box.left, x2: box.right }];
    if (!inside) return [];
    const near = axis === 'x' ? { x: at + (at > box.right - 70 ? -5 : 5), y: box.top + textSize, 'text-anchor': at > box.right - 70 ? 'end' : 'start' } : { x: box.right - 5, y: at - 5, 'text-anchor': 'end' };
    return [
      svg('line', { ...line, stroke: 'var(--accent)', 'stroke-width': 2 }),
      // what can be gripped is wider than what is seen
      svg('line', { ...line, stroke: 'transparent', 'stroke-width': 24, class: `grip ${axis}`, 'data-limit': key }),
      svgText(words, { ...near, fill: 'var(--accent)', 'font-weight': 'bold' }),
    ];
  });
  draw(picture, 'limits', shapes);
}

// Take a limit to where the pointer is; the field follows.
function moveLimit(key, [x, y]) {
  const line = limitLines().find((one) => one.key === key);
  const raw = valueAt(picture[line.axis], line.axis === 'x' ? x : y);
  state.limits[key] = key === 'energy' ? Number((raw / basis().factor).toPrecision(3)) : Math.min(Math.max(Number(raw.toFixed(4)), 0), 1);
  document.querySelector(`[name=limit-${key}]`).value = key === 'energy' ? energyText(state.limits.energy) : shareText(state.limits.accuracy);
  changed('limits');
}

// A limit where there is none yet: in the middle of what is shown.
function addLimit() {
  const axis = picture[energyAxis()];
  if (state.limits.energy === null) state.limits.energy = Number((valueAt(axis, (axis.range[0] + axis.range[1]) / 2) / basis().factor).toPrecision(2));
  buildAnswer();
  changed('limits');
  document.querySelector('[name=limit-energy]').focus();
}
