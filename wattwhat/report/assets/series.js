// Settings and metrics that rows carry besides energy and accuracy: as columns, as filters, and as series,
// the energy of one thing followed along one of them.

const FEW = 24; // distinct values up to which a number is ticked rather than given a range

const fieldNamed = (name) => page.fields.find((one) => one.name === name);
const fieldOf = (name) => (row) => row.fields[name];
const fieldValues = (name) => {
  if (!valuesOfFields.has(name)) valuesOfFields.set(name, distinct(name));
  return valuesOfFields.get(name);
};
const valuesOfFields = new Map();
const distinct = (name) => {
  const values = [...new Set(rows.map(fieldOf(name)).filter((value) => value !== undefined))];
  return values.sort((a, b) => (isNumber(a) ? a - b : inOrder(a, b)));
};
const varying = page.fields.filter(({ name }) => fieldValues(name).length > 1);
const ticking = varying.filter(({ name, number, setting }) => fieldValues(name).length <= (number ? (setting ? FEW : 0) : 100));
const ranging = varying.filter((field) => field.number && !ticking.includes(field));

// Number of the field that the chart follows, and whether its axis is logarithmic.
function alongLabels() {
  const field = fieldNamed(state.along);
  return field && !field.number ? fieldValues(field.name).map((value, i) => [i, value]) : null;
}

function alongOf(row) {
  const value = row.fields[state.along];
  if (value === undefined || isNumber(value)) return value;
  return fieldValues(state.along).indexOf(value);
}

const alongWords = () => state.along;

function alongIsLog() {
  if (alongLabels()) return false;
  const values = fieldValues(state.along);
  return values[0] > 0 && values[values.length - 1] / values[0] >= 8;
}

// A setting of few numbers, such as 1, 4 and 16, has these at its axis.
function alongNumbers() {
  const values = fieldValues(state.along);
  return values.length <= 12 ? values.map((value) => [value, shortNumber(value)]) : null;
}

// Settings that some level of the followed one never states belong to the level, as the provider of a runtime.
function ofLevels(name) {
  const levels = groupBy(rows, (row) => row.fields[state.along]);
  return [...levels.values()].some((level) => level.every((row) => row.fields[name] === undefined));
}

// What is one thing along the series: alike in name, kind, device and every setting but the one that is followed.
function joinKeys() {
  if (joinChoice() !== 'model') return (row) => [row.kind, joinValue(row)].join('\n');
  const others = page.fields.filter(({ name, setting }) => setting && name !== state.along && !(state.along && ofLevels(name)));
  return (row) => [row.label, row.kind, row.device, row.file, ...others.map(({ name }) => row.fields[name])].join('\n');
}

const JOINS = { model: ['model', (row) => row.label], family: ['family', (row) => row.family], device: ['device', (row) => row.device] };
const joinValue = (row) => (JOINS[joinChoice()] ? JOINS[joinChoice()][1](row) : row.fields[joinChoice()]);

function groupsOf(marks) {
  const key = joinKeys();
  return [...groupBy(marks, (mark) => key(rows[mark.id])).values()].filter((group) => group.length > 1);
}

const BANDS_AT_MOST = 12; // more lie over each other

// Lines through what belongs together, with a band as wide as the expanded uncertainty.
function joinedShapes() {
  const groups = groupsOf(drawn);
  const bands = state.bars && chartKind() === 'series' && groups.length <= BANDS_AT_MOST;
  return groups.flatMap((group) => {
    const order = [...group].sort((a, b) => a.x[0] - b.x[0] || a.energy - b.energy);
    const line = pathOf(order.map((mark) => [mark.px, mark.py]));
    const side = (end) => order.map((mark) => [mark.px, placeOf(picture.y, mark.y[end] ?? mark.y[0])]);
    const colour = order.every((mark) => mark.colour === order[0].colour) ? order[0].colour : OTHER;
    const look = { fill: 'none', stroke: colour, 'stroke-width': 1.8, class: 'series' };
    const band = { d: pathOf([...side(1), ...side(2).reverse()], 'Z'), fill: colour, 'fill-opacity': 0.13, class: 'band' };
    return [bands ? svg('path', band) : null, svg('path', { d: line, ...look })];
  });
}
