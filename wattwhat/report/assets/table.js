// The table: everything in the chart, and what is not in it, as rows that can be sorted and ticked.

const CHUNK = 100;

function columns() {
  const b = basis();
  const first = (pair) => (pair ? pair[0] : undefined);
  return [
    {
      key: 'model',
      words: 'model',
      value: (row) => row.label.toLowerCase(),
      cell: (row) => el('bdi', { class: 'model' }, row.shortName),
    },
    {
      key: 'energy',
      words: `${b.words} (${b.unit}, ± U)`,
      number: true,
      value: (row) => first(energyOf(row)),
      cell: (row) => plusMinus(energyOf(row), b.factor),
    },
    anyAccuracy && {
      key: 'accuracy',
      words: `${metricWords} (%, ± U)`,
      number: true,
      value: (row) => first(row.accuracy),
      cell: accuracyCell,
    },
    page.references.length && { key: 'grade', words: 'grade', value: letterOf, cell: gradeCell },
    b.sam_name && {
      key: 'sam',
      words: b.sam_name,
      number: true,
      value: (row) => first(row.sam[state.basis]),
      cell: (row) => plusMinus(row.sam[state.basis]),
    },
    {
      key: 'provenance',
      words: 'origin',
      value: (row) => row.provenance,
      cell: (row) => el('span', { class: 'origin' }, glyphOf(row), ` ${row.provenance}`),
    },
    families.size && {
      key: 'family',
      words: 'family',
      value: (row) => row.family,
      cell: (row) => row.family || MISSING,
    },
    { key: 'device', words: 'device', value: (row) => row.device, cell: (row) => row.device || MISSING },
    {
      key: 'scope',
      words: 'energy of',
      value: (row) => row.scope,
      cell: (row) => [row.scope || 'unknown', row.phase].filter(Boolean).join(', '),
    },
    anyParameters && {
      key: 'parameters',
      words: 'parameters',
      number: true,
      value: (row) => row.parameters,
      cell: (row) => count(row.parameters),
    },
    {
      key: 'power',
      words: 'mean power (W, ± U)',
      number: true,
      value: (row) => first(row.power),
      cell: (row) => plusMinus(row.power),
    },
    rows.some(dateOf) && {
      key: 'date',
      words: 'date (UTC)',
      value: (row) => row.started_at,
      cell: (row) => dateOf(row) || MISSING,
    },
    { key: 'warnings', words: 'warnings', value: (row) => row.warnings.length, cell: warningsCell },
  ].filter(Boolean);
}

function accuracyCell(row) {
  if (row.accuracy) return plusMinus(row.accuracy, 100);
  return row.accuracy_problem
    ? el('span', { title: row.accuracy_problem }, `${MISSING} (${row.accuracy_problem})`)
    : MISSING;
}

function gradeCell(row) {
  if (!row.grade) return row.ungraded ? el('span', { title: row.ungraded }, MISSING) : MISSING;
  const badge = el('span', { class: `badge grade-${row.grade.letter}` }, row.grade.letter);
  const likely = row.grade.odds && row.grade.odds[row.grade.letter];
  const said = likely === undefined || likely === null ? ' (odds unknown)' : ` ${Math.round(100 * likely)} %`;
  return el('span', { class: 'nowrap', title: gradeWords(row) }, badge, el('small', null, said));
}

function warningsCell(row) {
  if (!row.warnings.length) return 'none';
  return el('details', null, el('summary', null, String(row.warnings.length)), warningList(row));
}

// Unknown values come last, whichever way the column is sorted.
function sorted(list, column, down) {
  const known = list.filter((row) => column.value(row) !== undefined && column.value(row) !== null);
  const unknown = list.filter((row) => column.value(row) === undefined || column.value(row) === null);
  const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b);
  const order = known
    .map((row) => [column.value(row), row])
    .sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]) || a[1].id - b[1].id);
  return [...order.map(([, row]) => row), ...unknown];
}

function headCell(column) {
  const active = state.sort.key === column.key;
  const sort = active ? (state.sort.down ? 'descending' : 'ascending') : null;
  const arrow = el('span', { 'aria-hidden': 'true', class: 'arrow' }, active ? (state.sort.down ? ' ▼' : ' ▲') : '');
  return el(
    'th',
    { scope: 'col', class: column.number ? 'number' : null, 'aria-sort': sort, 'data-column': column.key },
    button([column.words, arrow], () => {
      state.sort = { key: column.key, down: active ? !state.sort.down : false };
      showTable();
      byId('table').querySelector(`[data-column=${column.key}] button`).focus();
    }),
  );
}

function bodyRow(row, all) {
  const tick = el('input', {
    type: 'checkbox',
    checked: isPicked(row),
    'aria-label': `compare ${isolatedText(row.name)}`,
    on: { change: () => pick(row.id, tick.checked) },
  });
  return el(
    'tr',
    { 'data-id': row.id, class: isPicked(row) ? 'picked' : null },
    el('td', { class: 'tick' }, tick),
    all.map((column, i) =>
      el(i ? 'td' : 'th', { scope: i ? null : 'row', class: column.number ? 'number' : null }, column.cell(row)),
    ),
  );
}

function tableRows() {
  const all = columns();
  const column = all.find((one) => one.key === state.sort.key) || all[0];
  return sorted(shown, column, state.sort.down);
}

function showTable() {
  const all = columns();
  const ordered = tableRows();
  const part = ordered.slice(0, Math.min(state.limit, 300));
  const kinds = countBy(shown.filter(energyOf), (row) => row.kind).size;
  fill(
    byId('table-warning'),
    kinds > 1
      ? el(
          'p',
          { class: 'warning' },
          'Different kinds of energy stand in this table: an order by energy or score is no ranking. See the warning above.',
        )
      : null,
  );
  fill(
    byId('table'),
    el('caption', { class: 'away' }, 'Measurements that pass the filters'),
    el(
      'thead',
      null,
      el('tr', null, el('td', { class: 'tick' }, el('span', { class: 'away' }, 'compare')), all.map(headCell)),
    ),
    el(
      'tbody',
      null,
      part.map((row) => bodyRow(row, all)),
    ),
  );
  if (state.limit === Infinity && ordered.length > part.length) {
    addRows(all, ordered, part.length);
    return;
  }
  const rest = ordered.length - part.length;
  fill(
    byId('more'),
    ordered.length ? null : el('span', { class: 'hint' }, 'No measurement passes the filters.'),
    rest > 0 ? el('span', null, `${part.length} of ${ordered.length} rows. `) : null,
    rest > CHUNK
      ? button(`${CHUNK} more`, () => {
          state.limit += CHUNK;
          showTable();
        })
      : null,
    rest > 0
      ? button(`All ${ordered.length}`, () => {
          state.limit = Infinity;
          addRows(all, ordered, part.length);
        })
      : null,
  );
}

// Many rows go in a part at a time, so that the page answers meanwhile.
function addRows(all, ordered, from) {
  const body = byId('table').tBodies[0];
  fill(byId('more'));
  const add = () => {
    if (!body.isConnected) return; // filtered or sorted anew meanwhile
    body.append(...ordered.slice(from, from + 200).map((row) => bodyRow(row, all)));
    from += 200;
    if (from < ordered.length) requestAnimationFrame(add);
  };
  add();
}

function tickTable() {
  for (const line of byId('table').querySelectorAll('tbody tr')) {
    const on = state.picked.includes(Number(line.dataset.id));
    line.classList.toggle('picked', on);
    line.querySelector('.tick input').checked = on;
  }
}
