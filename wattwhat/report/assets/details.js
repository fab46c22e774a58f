// What lies behind one energy: its uncertainty budget as a bar, its channels, its power over time.

const SOURCES = [
  '#4c78a8',
  '#f58518',
  '#54a24b',
  '#e45756',
  '#b279a2',
  '#72b7b2',
  '#c9a227',
  '#ff9da6',
  '#9d755d',
  '#8a8a8a',
];

// Shares of the variance, since independent sources add in quadrature.
function budgetBar(row) {
  const total = row.budget.reduce((sum, one) => sum + one.share ** 2, 0);
  if (!total) return el('p', { class: 'hint' }, 'no uncertainty budget');
  const parts = row.budget.map((one, i) => ({
    ...one,
    part: one.share ** 2 / total,
    colour: SOURCES[Math.min(i, SOURCES.length - 1)],
  }));
  const bar = el(
    'div',
    { class: 'budget', 'aria-hidden': 'true' },
    parts.map((one) => {
      const piece = el('span', { title: one.source });
      piece.style.width = `${100 * one.part}%`;
      piece.style.background = one.colour;
      return piece;
    }),
  );
  const list = el(
    'ul',
    { class: 'budget-list' },
    parts.map((one) => {
      const dot = el('span', { class: 'dot', 'aria-hidden': 'true' });
      dot.style.background = one.colour;
      return el(
        'li',
        null,
        dot,
        `${one.source}: u ${figures(100 * one.share, 2)} % of the energy, ${figures(100 * one.part, 2)} % of the variance`,
      );
    }),
  );
  return el('div', null, bar, list, row.advice ? el('p', { class: 'hint' }, `${capital(adviceWords(row))}.`) : null);
}

// 'largest: repeats. measure longer' within a sentence.
const adviceWords = (row) => row.advice.replace(/^largest: (.*?)\. (.*)$/s, 'the largest part is $1 ($2)');

function channelList(row) {
  if (!row.channels.length) return el('p', { class: 'hint' }, 'no channels named');
  return el(
    'ul',
    { class: 'plain' },
    row.channels.map((channel) =>
      el(
        'li',
        null,
        `${channel.device} (${channel.component}): ${channel.energy ? withUnit(channel.energy, 'J') : 'lost'}, ${channel.provenance}${channel.counted ? '' : ', inside another channel, not added'}`,
      ),
    ),
  );
}

function warningList(row) {
  if (!row.warnings.length) return 'none';
  return el(
    'ul',
    { class: 'plain' },
    row.warnings.map((sentence) => el('li', null, sentence)),
  );
}

function gradeWords(row) {
  if (!row.grade) return row.ungraded ? `none: ${row.ungraded}` : 'none: no reference';
  return [
    `${row.grade.words}.`,
    row.grade.odds ? `Probabilities: ${odds(row)}.` : null,
    ...row.grade.notes.map((note) => `Note: ${note}.`),
  ]
    .filter(Boolean)
    .join(' ');
}

function traceFigure(picked) {
  const traced = picked.filter((row) => row.trace);
  if (!traced.length) return null;
  const plot = el('div', { 'aria-hidden': 'true', class: 'trace-plot' });
  const legend = el(
    'ul',
    { class: 'legend-list' },
    traced.map((row, i) => el('li', null, glyph('circle', 0.75, PALETTE[i % PALETTE.length]), traceWords(row))),
  );
  const figure = el('figure', { id: 'trace' }, el('h3', null, 'Power over time'), plot, legend);
  queueMicrotask(() => drawTrace(plot, traced));
  return figure;
}

function traceWords(row) {
  const powers = row.trace.power_w;
  const mean = row.trace.mean_over_s;
  return (
    `${isolatedText(row.name)}: ${figures(
      powers.reduce((a, b) => Math.min(a, b)),
      3,
    )} to ${figures(
      powers.reduce((a, b) => Math.max(a, b)),
      3,
    )} W` + `${mean === null ? '' : `, each point a mean over ${figures(mean, 2)} s`}`
  );
}

function drawTrace(host, traced) {
  if (!host.isConnected) return;
  const points = traced.map((row) => row.trace.t_s.map((t, n) => [t - row.trace.t_s[0], row.trace.power_w[n]]));
  const reachOf = (i) => wider(reach(points.flat().map((point) => [point[i]]), false), false);
  const [x, y] = [axisOf('linear', reachOf(0), 'time (s)'), axisOf('linear', reachOf(1), 'power (W)')];
  const plot = openPicture(host, Math.max(host.clientWidth, 240), 240, x, y, ['lines']);
  const line = (list, i) => {
    const d = pathOf(list.map(([t, power]) => [placeOf(x, t), placeOf(y, power)]));
    return svg('path', { d, fill: 'none', stroke: PALETTE[i % PALETTE.length], 'stroke-width': 1.5 });
  };
  draw(plot, 'lines', points.map(line));
}
