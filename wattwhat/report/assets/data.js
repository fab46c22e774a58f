// The data room: what the page was made from, unpacked once and never changed.

const page = JSON.parse(document.getElementById('page-data').textContent);
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const ORIGINS = { sensor: '', estimate: 'estimated', prediction: 'predicted' };
// What energies are of; where the rows differ in it (page.apart), it keeps them on fronts of their own.
const KIND_TRAITS = ['scope', 'phase', 'item', 'origin', 'task', 'dataset', 'device'];

const text = (number) => page.texts[number];

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

function rowOf(cells, id) {
  const row = Object.fromEntries(page.keys.map((key, i) => [key, cells[i] ?? undefined]));
  const named = (number) => (number === undefined ? undefined : text(number));
  const [scope, phase] = text(row.kind).split('\n');
  return {
    ...row,
    id,
    family: named(row.family),
    device: named(row.device),
    provenance: text(row.provenance),
    scope: scope || undefined,
    phase: phase || undefined,
    task: named(row.task),
    dataset: named(row.dataset),
    file: named(row.file),
    fields: Object.fromEntries((row.fields || []).map((value, i) => [page.fields[i].name, value === null ? undefined : page.fields[i].number ? value : text(value)])),
    kind: row.together,
    ...unpacked(row),
  };
}

const unpacked = (row) => ({
  energy: { item: overCount(row.energy, row.items), call: overCount(row.energy, row.calls), total: row.energy },
  power: row.duration_s
    ? row.energy && [row.energy[0] / row.duration_s, row.energy[1] === null ? null : row.energy[1] / row.duration_s]
    : undefined,
  chance: { item: row.front_item, call: row.front_call, total: row.front_total },
  sam: { item: row.sam_item, call: row.sam_call, total: row.sam_total },
  grade: row.grade && gradeOf(row.grade),
  ungraded: row.ungraded === undefined ? undefined : text(row.ungraded),
  sensors: row.sensors && { ids: row.sensors[0], gain: row.sensors[1], offset: row.sensors[2] },
  advice: row.advice === undefined ? '' : text(row.advice),
  warnings: (row.warnings || []).map(text),
  budget: (row.budget || []).map(([source, share]) => ({ source: text(source), share })),
  channels: (row.channels || []).map(([name, device, component, energy, provenance, counted]) => ({
    id: text(name),
    device: text(device),
    component: text(component),
    energy: energy.length ? energy : undefined,
    provenance: text(provenance),
    counted: !!counted,
  })),
  facts: (([scopes, said]) => ({ scopes, said }))(JSON.parse(text(row.facts))),
  traits: Object.fromEntries([
    ...text(row.kind)
      .split('\n')
      .map((value, i) => [KIND_TRAITS[i], value]),
    ...KIND_TRAITS.slice(4).map((name) => [name, row[name] === undefined ? '' : text(row[name])]),
  ]),
});

const rows = page.cells.map(rowOf);

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

// The fewest settings that tell rows apart as well as all of them do, those of few kinds first.
function telling(group) {
  const words = (names) => (row) => names.map((name) => settingWords(name, row.fields[name])).filter((one) => one !== undefined).join(', ');
  const differ = page.fields
    .filter(({ name, setting }) => setting && new Set(group.map((row) => row.fields[name])).size > 1)
    .map(({ name }) => name)
    .sort((one, other) => kindsOf.get(one) - kindsOf.get(other));
  const apart = (names) => groupBy(group, words(names)).size;
  const most = apart(differ);
  const chosen = [];
  for (const name of differ) if (apart(chosen) < most && apart([...chosen, name]) > apart(chosen)) chosen.push(name);
  return words(chosen);
}

function nameGroup(group) {
  const told = telling(group);
  for (const alike of groupBy(group, told).values())
    alike.forEach((row, i) => {
      const tail = [told(row), alike.length > 1 ? `${i + 1} of ${alike.length}` : ''].filter(Boolean).join('; ');
      row.tail = tail && ` (${tail})`;
    });
}

for (const same of groupBy(rows, (row) => row.label).values()) {
  const places = groupBy(same, (row) => `${row.device}\n${row.file}`);
  for (const group of places.values()) nameGroup(group);
  const several = (key) => new Set(same.map((row) => row[key])).size > 1;
  const [devices, files] = [several('device'), several('file')];
  for (const row of same) {
    const file = files && row.file ? `, ${row.file}` : '';
    row.shortName = row.label + file + row.tail;
    row.name = row.label + (devices ? `, ${row.device || 'device not known'}` : '') + file + row.tail;
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
