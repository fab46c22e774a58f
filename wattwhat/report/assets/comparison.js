// Picked models side by side: ratios with intervals, what a number of inferences costs, and how sure it all is.

const pickedRows = () => state.picked.map((id) => rows[id]);

function money(pair) {
  return plainUnit(scaled(pair, state.volume * perJoule.money()), state.currency);
}

// Rows of the comparison: [name, words, cell of a row against the base]. A cell is text, an element, or
// [text, data] where data are the numbers behind the text.
function comparisonRows(several) {
  const b = basis();
  const times = `${count(state.volume)} ${timesWords()}`;
  const against = (work) => (row, base) => {
    if (row === base) return 'reference';
    const found = work(row, base);
    return found === MISSING || comparable(row, base) ? found : 'not compared: see the warning';
  };
  return [
    ['origin', 'origin', (row) => el('span', null, glyphOf(row), ` ${row.provenance}`)],
    ['kind', 'what the energy is of', (row) => [kindWords(row), page.apart.includes('device') ? null : row.device].filter(Boolean).join('; ')],
    [
      'energy',
      `${b.words} (${b.unit}, ± U)`,
      (row) => [
        energyOf(row) ? plusMinus(energyOf(row), b.factor) : MISSING,
        energyOf(row) && { value: energyOf(row)[0], u: energyOf(row)[1] },
      ],
    ],
    several && [
      'ratio',
      'times the first one’s energy (95 % interval)',
      against((row, base) => {
        const found = ratio(row, base);
        return found ? [`${interval(found)}: ${verdict(found)}`, found] : MISSING;
      }),
    ],
    anyAccuracy && ['accuracy', `${metricWords} (± U)`, (row) => percent(row.accuracy)],
    anyAccuracy &&
      several && [
        'points',
        `points of ${metricWords} to the first one (95 %)`,
        against((row, base) => {
          const found = accuracyDifference(row, base);
          return found ? [interval(found, signed), found] : MISSING;
        }),
      ],
    page.references.length && ['grade', 'grade', gradeWords],
    page.references.length && ['raise', 'what would raise it', raiseWords],
    b.sam_name && ['sam', b.sam_name, (row) => plusMinus(row.sam[state.basis])],
    [
      'joules',
      `energy of ${times}`,
      (row) => {
        const all = scaled(energyOf(row), state.volume);
        return all
          ? [`${withUnit(all, 'J')} (${figures(all[0] / J_PER_KWH, 3)} kWh)`, { value: all[0], u: all[1] }]
          : MISSING;
      },
    ],
    [
      'money',
      `money for ${times}`,
      (row) =>
        energyOf(row) ? [money(energyOf(row)), { value: energyOf(row)[0] * state.volume * perJoule.money() }] : MISSING,
    ],
    [
      'grams',
      `CO₂ of ${times}`,
      (row) => {
        const grams = scaled(energyOf(row), state.volume * perJoule.grams());
        return grams ? [withUnit(grams, 'g'), { value: grams[0], u: grams[1] }] : MISSING;
      },
    ],
    several && [
      'saved',
      `more or less than the first one, for ${times} (95 %)`,
      against((row, base) => {
        const joules = scaledInterval(difference(row, base), state.volume);
        if (!joules) return MISSING;
        const lines = [
          signedInterval(joules, 'J'),
          `${interval(scaledInterval(joules, perJoule.money()), signed)} ${state.currency}`,
          signedInterval(scaledInterval(joules, perJoule.grams()), 'g CO₂'),
        ];
        return [
          el(
            'span',
            { class: 'lines' },
            lines.map((line) => el('span', null, line)),
          ),
          joules,
        ];
      }),
    ],
    ['power', 'mean power', (row) => withUnit(row.power, 'W')],
    anyParameters && ['parameters', 'parameters', (row) => count(row.parameters)],
    page.fields.length && ['fields', 'settings and metrics', fieldWords],
    ['warnings', 'warnings', warningList],
    ['budget', 'uncertainty budget (one standard uncertainty, k = 1)', budgetBar],
    ['channels', 'channels (whole span)', channelList],
  ].filter(Boolean);
}

function fieldWords(row) {
  const known = Object.entries(row.fields).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => `${name}: ${isNumber(value) ? figures(value, 5) : isolatedText(value)}`).join('; ') || MISSING;
}

function comparisonCell(found) {
  const [content, data] = Array.isArray(found) ? found : [found, null];
  const cell = el('td', { role: 'cell' }, content);
  for (const [name, value] of Object.entries(data || {})) if (isNumber(value)) cell.dataset[name] = value;
  return cell;
}

function showComparison() {
  const picked = pickedRows();
  const host = byId('comparison');
  if (!picked.length) {
    fill(
      host,
      el(
        'p',
        { class: 'hint' },
        'Nothing is picked yet. Pick two or more measurements to see ratios, costs and what lies behind the numbers; one alone shows its details.',
      ),
    );
    return;
  }
  const [base] = picked;
  const head = el(
    'tr',
    { role: 'row' },
    el('th', { scope: 'col', role: 'columnheader' }, el('span', { class: 'away' }, 'quantity')),
    picked.map((row, i) =>
      el(
        'th',
        { scope: 'col', role: 'columnheader' },
        el('bdi', { class: 'model' }, row.name),
        ' ',
        el(
          'span',
          { class: 'ways' },
          i
            ? button('compare with this', () => {
                state.picked = [row.id, ...state.picked.filter((id) => id !== row.id)];
                changed('picked');
              })
            : null,
          button('remove', () => pick(row.id, false), { 'aria-label': `remove ${isolatedText(row.name)}` }),
        ),
      ),
    ),
  );
  const body = comparisonRows(picked.length > 1).map(([name, words, work]) =>
    el(
      'tr',
      { 'data-row': name, role: 'row' },
      el('th', { scope: 'row', role: 'rowheader' }, words),
      picked.map((row) => comparisonCell(work(row, base))),
    ),
  );
  fill(
    host,
    comparisonWarning(picked),
    el(
      'div',
      { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'The comparison, to be scrolled' },
      el(
        'table',
        { class: 'comparison', role: 'table', style: `--picked: ${picked.length}` },
        el('caption', { class: 'away' }, 'Picked measurements side by side'),
        el('thead', { role: 'rowgroup' }, head),
        el('tbody', { role: 'rowgroup' }, body),
      ),
    ),
    el(
      'p',
      { class: 'ways' },
      button('Clear the comparison', clearPicked),
    ),
    traceFigure(picked),
  );
}

function comparisonWarning(picked) {
  const [base] = picked;
  const said = [];
  const unlike = picked.map((row) => [row, differences(base, row)]).filter(([, sentences]) => sentences.length);
  if (picked.some((row) => !energyOf(row))) said.push(`Not all of them have an ${basis().words}.`);
  if (!unlike.length && !said.length) return null;
  return el(
    'div',
    { class: 'warning' },
    unlike.length
      ? el('p', null, 'A is ', isolated(base.name), '. These are unlike things, so their ratio would tell nothing:')
      : null,
    el(
      'ul',
      { class: 'plain' },
      unlike.map(([row, sentences]) => el('li', null, 'B is ', isolated(row.name), `: ${sentences.join('; ')}`)),
    ),
    unlike.length
      ? checkbox(' compare all the same', state.force, (on) => {
          state.force = on;
          changed('picked');
        })
      : null,
    said.map((sentence) => el('p', null, sentence)),
  );
}
