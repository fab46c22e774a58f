// The shown rows as CSV: full numbers in base units, one standard uncertainty, empty where nothing is known.

const one = (pair, i) => (pair ? pair[i] : null);
const QUANTITIES = {
  energy_j: (row) => row.energy.total,
  energy_per_item_j: (row) => row.energy.item,
  energy_per_call_j: (row) => row.energy.call,
  power_w: (row) => row.power,
  net_energy_j: (row) => row.net,
  idle_power_w: (row) => row.idle,
};

// A column of wattwhat's tables (wattwhat.report.tables.COLUMNS): `wattwhat export` writes the same.
function ours(name) {
  if (name === 'warnings') return (row) => row.warnings.join('; ');
  if (QUANTITIES[name]) return (row) => one(QUANTITIES[name](row), 0);
  const known = QUANTITIES[name.replace(/^u_/, '')];
  return known ? (row) => one(known(row), 1) : (row) => row[name];
}

function csvColumns() {
  const sams = page.bases
    .filter((one) => one.sam_name)
    .flatMap(({ name, sam_name: words }) => [
      [words, (row) => one(row.sam[name], 0)],
      [`u_${words}`, (row) => one(row.sam[name], 1)],
    ]);
  return [
    ...page.columns.map((name) => [name, ours(name)]),
    ...page.metrics.map((name, i) => [`metric_${name}`, (row) => row.metrics && row.metrics[i]]),
    [`u_metric_${metricWords}`, (row) => one(row.accuracy, 1)],
    ...['family', 'phase', 'task', 'dataset'].map((name) => [name, (row) => row[name]]),
    ['grade', letterOf],
    ['grade_odds', (row) => (row.grade ? odds(row) : null)],
    ['grade_excess', (row) => (row.grade ? one(row.grade.excess, 0) : null)],
    ['grade_reference', (row) => (row.grade ? page.references[row.grade.reference].name : null)],
    ...sams,
  ];
}

// As wattwhat's other tables (csv_text of wattwhat.records.escaping): no text is a formula.
const csvCell = (value) => {
  if (value === undefined || value === null) return '';
  if (isNumber(value)) return String(value);
  const text = String(value);
  const words = /^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
  return /[,;|"\t\r\n]|^\s|\s$/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
};

function csvText(list) {
  const all = csvColumns();
  const lines = [all.map(([name]) => name), ...list.map((row) => all.map(([, value]) => value(row)))];
  return `${lines.map((line) => line.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function buildTableTools() {
  const save = () => download(['\ufeff', csvText(tableRows())], 'text/csv;charset=utf-8', 'wattwhat.csv');
  fill(byId('table-tools'), button('Export shown rows as CSV', save, { id: 'export' }));
}
