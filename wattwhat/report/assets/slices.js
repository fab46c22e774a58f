// Tasks, data sets and devices as a row of buttons each: what is never ranked together is looked at one by one.

const SLICES = ['task', 'dataset', 'device'];
const SLICES_AT_MOST = 8;

function sliceButtons(key) {
  const [, words, value] = FACETS.find(([name]) => name === key);
  const values = [...countBy(rows.filter((row) => value(row) !== undefined), value).keys()].sort();
  if (values.length < 2 || values.length > SLICES_AT_MOST) return null;
  const ticked = state.ticked[key];
  const choose = (one) => () => {
    ticked.clear();
    if (one !== null) ticked.add(one);
    buildFilters();
    buildSlices();
    refilter();
    byId('slices').querySelector(`[data-slice=${key}] [aria-pressed=true]`).focus();
  };
  const one = (label, chosen, on) => button(label, choose(chosen), { 'aria-pressed': String(on) });
  const all = [one('all', null, !ticked.size), ...values.map((each) => one(isolated(clamped(each, 30)), each, ticked.size === 1 && ticked.has(each)))];
  return el('div', { role: 'group', 'aria-label': words, 'data-slice': key, class: 'slice' }, el('span', { class: 'legend-title' }, words), all);
}

// Of a study, whose factors they are; other pages have them among the filters.
function buildSlices() {
  fill(byId('slices'), page.analysis ? SLICES.map(sliceButtons) : []);
}
