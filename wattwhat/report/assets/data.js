// The data room: what the page was made from, unpacked once and never changed.

const page = JSON.parse(document.getElementById('page-data').textContent);
const specs = JSON.parse(document.getElementById('chart-specs').textContent);
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
const ORIGINS = { sensor: 'measured or imported', estimate: 'estimated' };
const KIND_TRAITS = ['scope', 'phase', 'item', 'origin'];

const text = (number) => page.texts[number];

const rows = page.rows.map((row, id) => ({
  ...row,
  id,
  energy: row.energy || {},
  sam: row.sam || {},
  warnings: (row.warnings || []).map(text),
  budget: (row.budget || []).map(([source, share]) => ({ source: text(source), share })),
  channels: (row.channels || []).map(([name, device, component, energy, provenance, counted]) => ({
    id: text(name), device: text(device), component: text(component), energy, provenance: text(provenance), counted: !!counted,
  })),
  traits: Object.fromEntries(text(row.kind).split('\n').map((value, i) => [KIND_TRAITS[i], value])),
}));

// Labels need not be unique; where one comes again, its number is said.
const labelCounts = new Map();
for (const row of rows) labelCounts.set(row.label, (labelCounts.get(row.label) || 0) + 1);
const labelsSeen = new Map();
for (const row of rows) {
  const nth = (labelsSeen.get(row.label) || 0) + 1;
  labelsSeen.set(row.label, nth);
  row.name = labelCounts.get(row.label) > 1 ? `${row.label} (${nth} of ${labelCounts.get(row.label)})` : row.label;
}

const bases = new Map(page.bases.map((basis) => [basis.name, basis]));
const anyAccuracy = rows.some((row) => row.accuracy);
const anyParameters = rows.some((row) => row.parameters);
const metricWords = page.metric;

// [value, u] of the energy on the basis that is shown, in J, or undefined where it is not known.
const energyOf = (row) => row.energy[state.basis];
const letterOf = (row) => (row.grade ? row.grade.letter : undefined);
const dateOf = (row) => (row.started_at ? row.started_at.slice(0, 10) : undefined);

function countBy(list, key) {
  const counts = new Map();
  for (const one of list) counts.set(key(one), (counts.get(key(one)) || 0) + 1);
  return counts;
}
