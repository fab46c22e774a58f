// The shown rows as CSV: full numbers in base units, one standard uncertainty, empty where nothing is known.

function csvColumns() {
  const one = (pair, i) => (pair ? pair[i] : null);
  const energies = page.bases.flatMap(({ name }) => {
    const stem = { item: 'energy_per_item', call: 'energy_per_call', total: 'energy' }[name];
    return [
      [`${stem}_j`, (row) => one(row.energy[name], 0)],
      [`${stem}_u_j`, (row) => one(row.energy[name], 1)],
    ];
  });
  const sams = page.bases
    .filter((one) => one.sam_name)
    .flatMap(({ name, sam_name: words }) => [
      [words, (row) => one(row.sam[name], 0)],
      [`u of ${words}`, (row) => one(row.sam[name], 1)],
    ]);
  return [
    ['label', (row) => row.label],
    ['family', (row) => row.family],
    ['device', (row) => row.device],
    ['scope', (row) => row.scope],
    ['phase', (row) => row.phase],
    ['provenance', (row) => row.provenance],
    ...energies,
    [metricWords, (row) => one(row.accuracy, 0)],
    [`${metricWords}_u`, (row) => one(row.accuracy, 1)],
    ['grade', letterOf],
    ['grade_odds', (row) => (row.grade ? odds(row) : null)],
    ['grade_excess', (row) => (row.grade ? one(row.grade.excess, 0) : null)],
    ['grade_reference', (row) => (row.grade ? page.references[row.grade.reference].name : null)],
    ...sams,
    ['power_w', (row) => one(row.power, 0)],
    ['power_u_w', (row) => one(row.power, 1)],
    ['duration_s', (row) => row.duration_s],
    ['calls', (row) => row.calls],
    ['items', (row) => row.items],
    ['parameters', (row) => row.parameters],
    ['started_at', (row) => row.started_at],
    ['warnings', (row) => row.warnings.join('; ')],
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
