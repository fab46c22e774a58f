// What is chosen at the moment, and who is told when it changes.

const families = countBy(
  rows.filter((row) => row.family),
  (row) => row.family,
);
const devices = countBy(
  rows.filter((row) => row.device),
  (row) => row.device,
);

const state = {
  basis: page.basis,
  colourBy: families.size > 1 ? 'family' : devices.size > 1 ? 'device' : families.size ? 'family' : 'device',
  search: '',
  ranges: { accuracy: [null, null], energy: [null, null], date: [null, null] },
  ticked: { family: new Set(), device: new Set(), grade: new Set(), provenance: new Set(), kind: new Set() },
  picked: [], // ids in the order in which they were picked; the first is what the others are compared with
  sort: { key: 'energy', down: false },
  alone: '', // 'alone' where energy is drawn without accuracy
  bars: true,
  front: true,
  band: 'auto', // number of the reference whose bands are drawn, 'auto' or null
  volume: 1e6,
  price: 0.25,
  currency: 'EUR',
  intensity: 400,
  limit: 100,
  force: false, // compare unlike things all the same
};

let shown = rows; // rows that pass the filters

const watchers = { rows: [], picked: [], look: [], costs: [] };
const when = (topics, work) => topics.forEach((topic) => watchers[topic].push(work));
const changed = (topic) => watchers[topic].forEach((work) => work());

function pick(id, on = !state.picked.includes(id)) {
  state.picked = state.picked.filter((other) => other !== id);
  if (on) state.picked.push(id);
  changed('picked');
}

const isPicked = (row) => state.picked.includes(row.id);
