// What is chosen at the moment, and who is told when it changes.

const families = countBy(
  rows.filter((row) => row.family),
  (row) => row.family,
);
const devices = countBy(
  rows.filter((row) => row.device),
  (row) => row.device,
);
const files = countBy(
  rows.filter((row) => row.file),
  (row) => row.file,
);

const labels = countBy(rows, (row) => row.label);

// no range of any numeric field
const fieldRanges = () => Object.fromEntries(page.fields.filter((one) => one.number).map(({ name }) => [`field ${name}`, [null, null]]));

// What the points are coloured by at first: the first of these that tells a few groups apart.
function telltale() {
  if (files.size > 1) return 'file';
  if (families.size > 1) return 'family';
  if (devices.size > 1) return 'device';
  if (page.fields.length && labels.size < 10) return 'model';
  const levels = ({ name }) => new Set(rows.map((row) => row.fields[name]).filter((value) => value !== undefined)).size;
  const factor = page.fields.find((one) => one.setting && levels(one) > 1 && levels(one) < 10);
  if (factor) return `field ${factor.name}`;
  return families.size ? 'family' : 'device';
}

const fresh = () => ({
  basis: page.basis,
  colourBy: telltale(),
  search: '',
  ranges: { accuracy: [null, null], energy: [null, null], date: [null, null], chance: [null, null], ...fieldRanges() },
  ticked: {}, // values by facet; filled where the facets are declared
  picked: [], // ids in the order in which they were picked; the first is what the others are compared with
  sort: { key: 'energy', down: false },
  alone: '', // 'alone' where energy is drawn without accuracy
  along: '', // the field along which energy is drawn
  join: null, // what connects points; null: the model, where energy is drawn along a field
  bars: true,
  front: true,
  fade: false, // by the probability of being on the front
  band: 'auto', // number of the reference whose bands are drawn, 'auto' or null
  question: 'accurate',
  limits: { energy: null, accuracy: null }, // J and a share
  askedKind: null,
  askedDevice: null,
  volume: 1e6,
  price: 0.25,
  currency: 'EUR',
  intensity: 400,
  force: false, // compare unlike things all the same
  tab: '', // 'analysis' where that is open
  theme: '', // '': that of the system
});
const state = fresh();

let shown = rows; // rows that pass the filters

const watchers = { rows: [], picked: [], look: [], costs: [], limits: [], sort: [], tab: [] };
const when = (topics, work) => topics.forEach((topic) => watchers[topic].push(work));
const changed = (topic) => watchers[topic].forEach((work) => work());

function pick(id, on = !state.picked.includes(id)) {
  state.picked = state.picked.filter((other) => other !== id);
  if (on) state.picked.push(id);
  changed('picked');
}

const isPicked = (row) => state.picked.includes(row.id);
