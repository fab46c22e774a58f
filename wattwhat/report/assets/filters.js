// Which rows are shown: search, ranges, ticked values; and the sentences that say what is left out.

const FACETS = [
  ['family', 'Family', (row) => row.family],
  ['device', 'Device', (row) => row.device],
  ['grade', 'Grade', letterOf],
  ['provenance', 'Origin', (row) => row.provenance],
  ['kind', 'What the energy is of', (row) => kindWords(row)],
  ['task', 'Task', (row) => row.task],
  ['dataset', 'Data set', (row) => row.dataset],
  ['file', 'File', (row) => row.file],
  ...ticking.map(({ name }) => [`field ${name}`, capital(name), (row) => (row.fields[name] === undefined ? undefined : String(row.fields[name]))]),
];
for (const [key] of FACETS) state.ticked[key] = new Set();

const kindWords = perRow((row) => {
  const { scope, phase, item, origin } = row.traits;
  return [scope || 'scope unknown', phase, item && `per ${item}`, ORIGINS[origin], ...KIND_TRAITS.slice(4).map((name) => page.apart.includes(name) && row.traits[name])]
    .filter(Boolean)
    .join(', ');
});

const searched = perRow((row) => `${row.label}\n${row.family || ''}\n${row.device || ''}\n${row.scope || ''}`.toLowerCase());

const plainWords = (words) => words.trim().toLowerCase().split(/\s+/).filter(Boolean);

const inRange = (value, [low, high]) => {
  if (low === null && high === null) return true;
  if (value === undefined || value === null) return false; // what is not known passes no range
  return (low === null || value >= low) && (high === null || value <= high);
};

const passing = () => {
  const words = plainWords(state.search);
  const facets = FACETS.filter(([key]) => state.ticked[key].size);
  const fields = ranging.filter(({ name }) => state.ranges[`field ${name}`].some((end) => end !== null));
  return rows.filter((row) => passes(row, words, facets, fields));
};

function passes(row, words, facets, fields) {
  if (!words.every((word) => searched(row).includes(word))) return false;
  const energy = energyOf(row);
  if (!inRange(row.accuracy && row.accuracy[0] * 100, state.ranges.accuracy)) return false;
  if (!inRange(energy && energy[0] * bases.get(state.basis).factor, state.ranges.energy)) return false;
  if (!inRange(dateOf(row), state.ranges.date)) return false;
  if (!inRange(chanceOf(row) === undefined ? undefined : 100 * chanceOf(row), state.ranges.chance)) return false;
  if (!fields.every(({ name }) => inRange(row.fields[name], state.ranges[`field ${name}`]))) return false;
  return facets.every(([key, , value]) => state.ticked[key].has(value(row) ?? ''));
}

function refilter() {
  shown = passing();
  changed('rows');
}

function rangeFields(key, words, type, hint) {
  const read = (input) => (input.value === '' ? null : type === 'date' ? input.value : Number(input.value));
  const inputs = [0, 1].map((end) => {
    const input = el('input', {
      type,
      step: type === 'number' ? 'any' : null,
      class: 'end',
      inputmode: type === 'number' ? 'decimal' : null,
      'aria-label': `${words}, ${end ? 'at most' : 'at least'}`,
      placeholder: end ? 'to' : 'from',
      name: `${key}-${end}`,
      value: state.ranges[key][end],
    });
    input.addEventListener(
      'input',
      beforeNextPicture(() => {
        state.ranges[key][end] = read(input);
        refilter();
      }),
    );
    return input;
  });
  return el('fieldset', { class: 'range', title: hint }, el('legend', null, words), el('div', null, inputs));
}

function facetFields([key, words, value]) {
  const counts = countBy(rows, (row) => value(row) ?? '');
  if (counts.size < 2) return null;
  const ticked = state.ticked[key];
  const summary = el('summary', null);
  const say = () =>
    fill(summary, `${words}: ${ticked.size ? [...ticked].map((one) => one || 'not known').join(', ') : 'all'}`);
  const order = [...counts].sort(([a], [b]) => (a === '') - (b === '') || inOrder(a, b));
  const boxes = () =>
    order.map(([one, n]) =>
      checkbox(` ${one || 'not known'} (${n})`, ticked.has(one), (on) => {
        if (on) ticked.add(one);
        else ticked.delete(one);
        say();
        refilter();
      }),
    );
  say();
  const list = el('fieldset', null, el('legend', { class: 'away' }, words));
  // a page may have thousands of values: they are made when their list is opened
  const open = () => list.children.length === 1 && list.append(...boxes());
  return el('details', { class: 'facet', 'data-facet': key, on: { toggle: open } }, summary, list);
}

// Ranges of what rows carry besides: out of the way where they are many, and not while one is set.
function moreRanges(form) {
  const fields = ranging.map(({ name }) => rangeFields(`field ${name}`, name, 'number', 'rows without it are left out while this is set'));
  if (fields.length < 4) return fields;
  const before = form.querySelector('.more-ranges');
  const set = ranging.some(({ name }) => state.ranges[`field ${name}`].some((end) => end !== null));
  return el('details', { class: 'more-ranges', open: set || (before && before.open) }, el('summary', null, `${fields.length} more ranges`), el('div', null, fields));
}

function buildFilters() {
  const form = byId('filters');
  const search = el('input', {
    type: 'search',
    name: 'search',
    placeholder: 'model, family, device',
    autocomplete: 'off',
    spellcheck: 'false',
    value: state.search,
  });
  search.addEventListener(
    'input',
    beforeNextPicture(() => {
      state.search = search.value;
      refilter();
    }),
  );
  const basis = bases.get(state.basis);
  const dates = rows.some(dateOf);
  const before = form.querySelector('.more-filters');
  const open = before ? before.open : window.matchMedia('(min-width: 62.5rem)').matches; // beside the chart, or out of its way
  const more = [
    anyAccuracy
      ? rangeFields('accuracy', `${metricWords} (%)`, 'number', 'rows without it are left out while this is set')
      : null,
    basis
      ? rangeFields(
          'energy',
          `${basis.words} (${basis.unit})`,
          'number',
          'rows without it are left out while this is set',
        )
      : null,
    anyChance() ? rangeFields('chance', 'on the front (probability, %)', 'number', 'rows without a probability are left out while this is set') : null,
    dates ? rangeFields('date', 'Date (UTC)', 'date') : null,
    FACETS.map(facetFields),
    moreRanges(form),
    button('Clear filters', clearFilters, { id: 'clear' }),
  ];
  fill(
    form,
    el('details', { class: 'more-filters', open }, el('summary', null, 'Search and filters'), el('div', null, field('Search', search), more)),
  );
}

// One open list at a time, and none after a click elsewhere or Escape.
function listenToFilters() {
  const form = byId('filters');
  const lists = () => [...form.querySelectorAll('.facet')];
  form.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('click', (event) =>
    lists().forEach((one) => {
      if (!one.contains(event.target)) one.open = false;
    }),
  );
  form.addEventListener('keydown', (event) => {
    const open = event.key === 'Escape' && lists().find((one) => one.open);
    if (open) {
      open.open = false;
      open.querySelector('summary').focus();
    }
  });
}

function clearFilters() {
  state.search = '';
  Object.keys(state.ranges).forEach((key) => {
    state.ranges[key] = [null, null];
  });
  Object.values(state.ticked).forEach((set) => set.clear());
  buildFilters();
  refilter();
}

const countWords = () => `${shown.length} of ${plural(rows.length, 'measurement')} shown.`;

function showCounts() {
  const without = shown.filter((row) => !energyOf(row)).length;
  const words = bases.has(state.basis) ? bases.get(state.basis).words : 'energy';
  const said = [countWords()];
  if (without)
    said.push(`${plural(without, 'of them has', 'of them have')} no ${words}: not in the chart, “–” in the table.`);
  fill(byId('count'), said.join(' '));
  byId('count').dataset.taken = String(Number(byId('count').dataset.taken || 0) + 1); // how often filters were taken
}

// Unlike energies in one picture: said above everything that looks like a ranking, with a way out.
function showWarnings() {
  const compared = shown.filter(energyOf);
  const kinds = countBy(compared, (row) => kindWords(row));
  const box = byId('warnings');
  if (countBy(compared, (row) => row.kind).size < 2) {
    fill(box);
    return;
  }
  const differences = page.apart.filter((trait) => countBy(compared, (row) => row.traits[trait]).size > 1);
  const ways = [...kinds]
    .sort((a, b) => b[1] - a[1])
    .map(([words, n]) =>
      button(`Only ${words} (${n})`, () => {
        state.ticked.kind.clear();
        state.ticked.kind.add(words);
        buildFilters();
        refilter();
      }),
    );
  const names = {
    scope: 'scope',
    phase: 'phase',
    item: 'item',
    origin: 'origin',
    device: 'device',
    task: 'task',
    dataset: 'data set',
  };
  fill(
    box,
    el(
      'div',
      { class: 'warning', id: 'unlike' },
      el(
        'p',
        null,
        el('strong', null, 'No ranking: '),
        `the shown measurements differ in ${differences.map((one) => names[one]).join(' and ')}. ` +
          'Choose one kind, or read each against its own Pareto front.',
      ),
      el('p', { class: 'ways' }, ways),
    ),
  );
}
