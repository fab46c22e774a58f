// The table: everything in the chart, and what is not in it, as rows that can be sorted and ticked.

const ROW_HEIGHT = 33; // pixels, of a line without anything opened; the style sheet keeps it
const AROUND = 9; // lines that are there above and below what is seen
const AT_ONCE = 40; // up to so many lines all are there; a screen shows 21 of them
let ordered = []; // the shown rows in the table's order
let tableTop = 0; // how far the table is scrolled, in pixels
let printing = false;

const fieldColumn = ({ name, number }) => ({
  key: `field ${name}`,
  words: name,
  number,
  value: fieldOf(name),
  cell: (row) => (number ? figures(row.fields[name], 5) : row.fields[name] || MISSING),
});

function columns() {
  const b = basis();
  const first = (pair) => (pair ? pair[0] : undefined);
  return [
    {
      key: 'model',
      words: 'model',
      value: (row) => row.label.toLowerCase(),
      cell: modelCell,
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
    anyChance() && {
      key: 'chance',
      words: 'on the front (%)',
      number: true,
      value: chanceOf,
      cell: (row) => (chanceOf(row) === undefined ? MISSING : String(Math.round(100 * chanceOf(row)))),
    },
    b.sam_name && {
      key: 'sam',
      words: b.sam_name,
      number: true,
      value: (row) => first(row.sam[state.basis]),
      cell: (row) => plusMinus(row.sam[state.basis]),
    },
    ...varying.filter((one) => one.setting).map(fieldColumn),
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
    files.size > 1 && { key: 'file', words: 'file', value: (row) => row.file, cell: (row) => row.file || MISSING },
    ...varying.filter((one) => !one.setting).map(fieldColumn),
    rows.some(dateOf) && {
      key: 'date',
      words: 'date (UTC)',
      value: (row) => row.started_at,
      cell: (row) => dateOf(row) || MISSING,
    },
    { key: 'warnings', words: 'warnings', value: (row) => row.warnings.length, cell: warningsCell },
  ].filter(Boolean);
}

// Long names are cut off and open at a press.
function modelCell(row) {
  const name = el('bdi', { class: 'model' }, row.shortName);
  if (row.shortName.length <= 32) return name;
  return el('button', { type: 'button', class: 'long-name', title: row.shortName, 'aria-expanded': 'false', on: { click: (event) => event.currentTarget.setAttribute('aria-expanded', String(event.currentTarget.classList.toggle('open'))) } }, name);
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
  const compare = (a, b) => (typeof a === 'string' ? inOrder(a, b) : a - b);
  const order = known
    .map((row) => [column.value(row), row])
    .sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]) || a[1].id - b[1].id);
  return [...order.map(([, row]) => row), ...unknown];
}

function headCell(column) {
  const sort = () => {
    state.sort = { key: column.key, down: state.sort.key === column.key && !state.sort.down };
    showTable();
    changed('sort');
  };
  const arrow = el('span', { 'aria-hidden': 'true', class: 'arrow' });
  return el('th', { scope: 'col', class: column.number ? 'number' : null, 'data-column': column.key }, button([column.words, arrow], sort));
}

// The head is made anew only where columns change, so that a pressed button keeps the focus.
function showHead(all) {
  const table = byId('table');
  const names = all.map(({ key, words }) => key + words).join('\n');
  if (table.dataset.columns !== names) {
    table.dataset.columns = names;
    const tick = el('td', { class: 'tick' }, el('span', { class: 'away' }, 'compare'));
    const caption = el('caption', { class: 'away' }, 'Measurements that pass the filters');
    fill(table, caption, el('thead', null, el('tr', null, tick, all.map(headCell))), el('tbody', null));
  }
  for (const cell of table.tHead.querySelectorAll('th')) {
    const active = cell.dataset.column === state.sort.key;
    cell.querySelector('.arrow').textContent = active ? (state.sort.down ? ' ▼' : ' ▲') : '';
    if (active) cell.setAttribute('aria-sort', state.sort.down ? 'descending' : 'ascending');
    else cell.removeAttribute('aria-sort');
  }
}

function bodyRow(row, all, place) {
  const tick = el('input', {
    type: 'checkbox',
    checked: isPicked(row),
    'aria-label': `compare ${isolatedText(row.name)}`,
    on: { change: () => pick(row.id, tick.checked) },
  });
  return el(
    'tr',
    { 'data-id': row.id, 'aria-rowindex': place + 2, class: isPicked(row) ? 'picked' : null },
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
  ordered = tableRows();
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
  byId('table').setAttribute('aria-rowcount', String(ordered.length + 1));
  showHead(all);
  if (tableTop) byId('table-scroll').scrollTop = tableTop = 0;
  fillLines(true);
  byId('more').textContent = ordered.length ? '' : 'No measurement passes the filters.';
}

// Only the lines that can be seen are there; what is above and below is as high as its lines would be.
function fillLines(anew) {
  const body = byId('table').tBodies[0];
  const few = ordered.length <= AT_ONCE || printing;
  const first = few ? 0 : Math.min(Math.max(0, Math.floor(tableTop / ROW_HEIGHT) - AROUND), Math.max(ordered.length - AT_ONCE, 0));
  const last = few ? ordered.length : Math.min(ordered.length, first + AT_ONCE);
  if (!anew && Number(body.dataset.first) === first && Number(body.dataset.last) === last) return;
  const focused = document.activeElement && body.contains(document.activeElement) ? document.activeElement.closest('tr').dataset.id : null;
  Object.assign(body.dataset, { first, last });
  const all = columns();
  const room = (lines) => (lines > 0 ? el('tr', { class: 'room', 'aria-hidden': 'true' }, el('td', { colspan: all.length + 1, style: `height: ${lines * ROW_HEIGHT}px` })) : null);
  fill(body, room(first), ordered.slice(first, last).map((row, i) => bodyRow(row, all, first + i)), room(ordered.length - last));
  if (focused !== null) body.querySelector(`[data-id="${focused}"] input`)?.focus({ preventScroll: true });
}

function listenToTable() {
  const host = byId('table-scroll');
  const follow = () => {
    tableTop = host.scrollTop;
    fillLines(false);
  };
  host.addEventListener('scroll', () => requestAnimationFrame(follow), { passive: true });
  const printed = (on) => () => {
    printing = on;
    fillLines(true);
  };
  window.addEventListener('beforeprint', printed(true));
  window.addEventListener('afterprint', printed(false));
}

function tickTable() {
  for (const line of byId('table').querySelectorAll('tbody tr[data-id]')) {
    const on = state.picked.includes(Number(line.dataset.id));
    line.classList.toggle('picked', on);
    line.querySelector('.tick input').checked = on;
  }
}
