// The tray at the foot: what is picked, and each pair's ratio, in sight wherever the reader is.

// 'A against B: 1.51 times (1.41 to 1.62)'.
function pairWords(row, base) {
  const names = `${isolatedText(row.name)} against ${isolatedText(base.name)}`;
  if (!comparable(row, base)) return `${names}: not compared (${differences(base, row)[0]})`;
  const found = ratio(row, base);
  if (!found) return `${names}: no energy to compare`;
  if (found.low === null) return `${names}: ${figures(found.value, 3)} times (interval unknown)`;
  return `${names}: ${figures(found.value, 3)} times (${figures(found.low, 3)} to ${figures(found.high, 3)})`;
}

function showTray() {
  const picked = pickedRows();
  const host = byId('tray');
  host.hidden = !picked.length;
  document.documentElement.classList.toggle('with-tray', picked.length > 0);
  if (!picked.length) return;
  const [base, ...others] = picked;
  const said = others.length ? others.map((row) => pairWords(row, base)) : [`${isolatedText(base.name)}: ${inShort(base)}. Pick another to compare.`];
  const most = 3;
  fill(
    host,
    el('ul', null, said.slice(0, most).map((words) => el('li', null, words)), said.length > most ? el('li', null, `and ${said.length - most} more`) : null),
    el(
      'span',
      { class: 'ways' },
      button('Details', () => byId('comparison-section').scrollIntoView()),
      button('Copy', () => copy(textNow(), 'The text was copied.'), { 'aria-label': 'Copy as text' }),
      button('Clear', clearPicked),
    ),
  );
}

function clearPicked() {
  state.picked = [];
  changed('picked');
}
