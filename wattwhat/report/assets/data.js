// The data room: what the page was made from, unpacked once and never changed.

const page = JSON.parse(document.getElementById('page-data').textContent);
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const ORIGINS = { sensor: '', estimate: 'estimated', prediction: 'predicted' };
// What energies are of; where the rows differ in it (page.apart), it keeps them on fronts of their own.
const KIND_TRAITS = ['scope', 'phase', 'item', 'origin', 'task', 'dataset', 'device'];

const text = (number) => page.texts[number];
// Texts in the order that readers expect: net2 before net10.
const inOrder = new Intl.Collator('en', { numeric: true }).compare;

// Quantities are pairs [value, u] in base units; u is null where it is not known.
const overCount = (energy, n) =>
  energy && n ? [energy[0] * (1 / n), energy[1] === null ? null : energy[1] * (1 / n)] : undefined;

function gradeOf([letter, reference, likely, excess, words, notes]) {
  return {
    letter,
    reference,
    odds: likely,
    excess,
    words: words.replace('@', () => page.references[reference].bracket),
    notes: notes.map(text),
  };
}

// What is worked out of a row's cells the first time that somebody asks, and then kept: of most rows of a
// long page nobody asks for the channels, the budget or the warnings.
const WORKED_OUT = {
  family: (cell) => named(cell('family')),
  device: (cell) => named(cell('device')),
  provenance: (cell) => text(cell('provenance')),
  scope: (cell) => text(cell('kind')).split('\n')[0] || undefined,
  phase: (cell) => text(cell('kind')).split('\n')[1] || undefined,
  task: (cell) => named(cell('task')),
  dataset: (cell) => named(cell('dataset')),
  file: (cell) => named(cell('file')),
  kind: (cell) => cell('together'),
  fields: (cell) => fieldsOf(cell('fields') || []),
  energy: (cell) => ({ item: overCount(cell('energy'), cell('items')), call: overCount(cell('energy'), cell('calls')), total: cell('energy') }),
  power: (cell) => overTime(cell('energy'), cell('duration_s')),
  chance: (cell) => ({ item: cell('front_item'), call: cell('front_call'), total: cell('front_total') }),
  sam: (cell) => ({ item: cell('sam_item'), call: cell('sam_call'), total: cell('sam_total') }),
  grade: (cell) => cell('grade') && gradeOf(cell('grade')),
  ungraded: (cell) => named(cell('ungraded')),
  sensors: (cell) => cell('sensors') && { ids: cell('sensors')[0], gain: cell('sensors')[1], offset: cell('sensors')[2] },
  advice: (cell) => named(cell('advice')) ?? '',
  warnings: (cell) => (cell('warnings') || []).map(text),
  budget: (cell) => (cell('budget') || []).map(([source, share]) => ({ source: text(source), share })),
  channels: (cell) => (cell('channels') || []).map(channelOf),
  facts: (cell) => JSON.parse(text(cell('facts'))),
  traits: (cell) => traitsOf(cell),
};

const overTime = (energy, seconds) =>
  energy && seconds ? [energy[0] / seconds, energy[1] === null ? null : energy[1] / seconds] : undefined;
const named = (number) => (number === undefined ? undefined : text(number));

function fieldsOf(cells) {
  const fields = {};
  cells.forEach((value, i) => {
    const { name, number } = page.fields[i];
    fields[name] = value === null ? undefined : number ? value : text(value);
  });
  return fields;
}

const channelOf = ([name, device, component, energy, provenance, counted]) => ({
  id: text(name),
  device: text(device),
  component: text(component),
  energy: energy.length ? energy : undefined,
  provenance: text(provenance),
  counted: !!counted,
});

function traitsOf(cell) {
  const traits = {};
  text(cell('kind')).split('\n').forEach((value, i) => {
    traits[KIND_TRAITS[i]] = value;
  });
  for (const name of KIND_TRAITS.slice(4)) traits[name] = named(cell(name)) ?? '';
  return traits;
}

const PLACES = new Map(page.keys.map((key, i) => [key, i]));

class Row {
  constructor(cells, id) {
    this.id = id;
    this.kept = {};
    this.cells = cells;
  }
}

// The other cells are as they came.
for (const [key, place] of PLACES)
  Object.defineProperty(Row.prototype, key, {
    configurable: true,
    get() {
      return this.cells[place] ?? undefined;
    },
  });

for (const [name, work] of Object.entries(WORKED_OUT))
  Object.defineProperty(Row.prototype, name, {
    get() {
      if (!(name in this.kept)) this.kept[name] = work((key) => this.cells[PLACES.get(key)] ?? undefined);
      return this.kept[name];
    },
  });

const rows = page.cells.map((cells, id) => new Row(cells, id));

// The same of each row, worked out once.
const perRow = (work) => {
  const kept = [];
  return (row) => (kept[row.id] ??= work(row));
};

function countBy(list, key) {
  const counts = new Map();
  for (const one of list) counts.set(key(one), (counts.get(key(one)) || 0) + 1);
  return counts;
}

// Labels need not be unique: file and device tell them apart, then settings, or else their number. `name` is
// unique, `shortName` is for where the device stands beside it.
function groupBy(list, key) {
  const groups = new Map();
  for (const one of list) {
    const at = key(one);
    if (groups.has(at)) groups.get(at).push(one);
    else groups.set(at, [one]);
  }
  return groups;
}

const settingWords = (name, value) => (typeof value === 'number' ? `${name} ${value}` : value);

// Of how many kinds a setting is on the whole page: a runtime of 3 tells more than a line number of 1,200.
const kindsOf = new Map(page.fields.map(({ name }) => [name, new Set(rows.map((row) => row.fields[name])).size]));

// The fewest settings that tell rows apart as well as all of them do: those that all of them state, and of few
// kinds, first.
function telling(group) {
  const words = (names) => (row) => names.map((name) => settingWords(name, row.fields[name])).filter((one) => one !== undefined).join(', ');
  const lacking = (name) => group.filter((row) => row.fields[name] === undefined).length;
  const differ = page.fields
    .filter(({ name, setting }) => setting && new Set(group.map((row) => row.fields[name])).size > 1)
    .map(({ name }) => name)
    .sort((one, other) => lacking(one) - lacking(other) || kindsOf.get(one) - kindsOf.get(other));
  const apart = (names) => groupBy(group, words(names)).size;
  const most = apart(differ);
  const chosen = [];
  for (const name of differ) if (apart(chosen) < most && apart([...chosen, name]) > apart(chosen)) chosen.push(name);
  return words(chosen);
}

function nameGroup(group) {
  if (group.length === 1) {
    group[0].tail = '';
    return;
  }
  const told = telling(group);
  for (const alike of groupBy(group, told).values())
    alike.forEach((row, i) => {
      const tail = [told(row), alike.length > 1 ? `${i + 1} of ${alike.length}` : ''].filter(Boolean).join('; ');
      row.tail = tail && ` (${tail})`;
    });
}

// What all labels begin with up to a colon or a slash ('torchvision:', 'google/') tells none of them apart.
function commonStart() {
  const all = [...new Set(rows.map((row) => row.label))];
  if (all.length < 2) return '';
  const alike = all.reduce((start, label) => {
    let n = 0;
    while (n < start.length && start[n] === label[n]) n += 1;
    return start.slice(0, n);
  });
  const start = alike.slice(0, Math.max(alike.lastIndexOf(':'), alike.lastIndexOf('/')) + 1);
  return all.includes(start) ? '' : start;
}
const labelStart = commonStart();

for (const same of groupBy(rows, (row) => row.label).values()) {
  const places = groupBy(same, (row) => `${row.device}\n${row.file}`);
  for (const group of places.values()) nameGroup(group);
  const several = (key) => new Set(same.map((row) => row[key])).size > 1;
  const [devices, files] = [several('device'), several('file')];
  for (const row of same) {
    const file = files && row.file ? `, ${row.file}` : '';
    const label = row.label.slice(labelStart.length);
    row.shortName = label + file + row.tail;
    row.name = label + (devices ? `, ${row.device || 'device not known'}` : '') + file + row.tail;
  }
}

const bases = new Map(page.bases.map((basis) => [basis.name, { ...basis, unit: basis.unit.replace(/^u/, 'µ') }]));
const anyAccuracy = rows.some((row) => row.accuracy);
const anyParameters = rows.some((row) => row.parameters);
const metricWords = page.metric;
// The probability to be on the front of its kind, or undefined.
const chanceOf = (row) => row.chance[state.basis];
const anyChance = () => rows.some((row) => chanceOf(row) !== undefined);
const byKey = new Map(rows.map((row) => [row.key, row]));

// [value, u] of the energy on the basis that is shown, in J, or undefined where it is not known.
const energyOf = (row) => row.energy[state.basis];
const letterOf = (row) => (row.grade ? row.grade.letter : undefined);
const dateOf = (row) => (row.started_at ? row.started_at.slice(0, 10) : undefined);
