// The members of the front beside the chart, however many: in order of energy, with how probable each is.

function showFrontList() {
  const host = byId('front-list');
  const members = isScatter() && state.front ? drawn.filter((mark) => mark.onFront) : [];
  if (host.hidden === Boolean(members.length)) {
    host.hidden = !members.length;
    chartWide = 0; // to be measured again
  }
  if (host.hidden) return;
  const kinds = countBy(members, (mark) => rows[mark.id].kind).size;
  const words = kinds > 1 ? `On the fronts of ${kinds} kinds` : 'On the Pareto front';
  const several = countBy(drawn, (mark) => rows[mark.id].device).size > 1;
  fill(
    host,
    el('h3', null, `${words}: ${members.length}`),
    el('ol', { tabindex: '0', 'aria-label': words }, members.map((mark) => frontMember(rows[mark.id], several))),
    nearWords(members),
  );
}

function frontMember(row, several) {
  const chance = chanceOf(row);
  return el(
    'li',
    null,
    button(isolated(clamped(several ? row.name : row.shortName, 60)), () => pick(row.id), { class: 'name-link', title: row.name }),
    el('small', null, ` ${percent(row.accuracy)}, ${withUnit(energyOf(row), 'J')}${chance === undefined ? '' : `, ${Math.round(100 * chance)}\u00a0%`}`),
  );
}

// Those that may as well be on it.
function nearWords(members) {
  const on = new Set(members.map((mark) => mark.id));
  const near = drawn.filter((mark) => !on.has(mark.id) && (chanceOf(rows[mark.id]) || 0) >= 0.05).length;
  if (!anyChance()) return null;
  return el(
    'p',
    { class: 'hint' },
    near ? `${plural(near, 'other')} may be on it (5 % and more).` : '',
    ' The percentage is the probability to be on the front of all rows of its kind.',
  );
}
