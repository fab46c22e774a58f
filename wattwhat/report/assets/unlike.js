// Whether two rows may be compared: the rule and the words of wattwhat.compare(), on the facts that it looks at.

// Numbers that differ by less than rounding are one number.
const close = (a, b) => Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));

// Sentences about the traits in which two rows differ; of a trait and a finer one, the first.
function traitDifferences(a, b) {
  const differing = new Set();
  return page.comparable.flatMap(([name, coarser, words], i) => {
    const [mine, other] = [a.facts[i], b.facts[i]];
    if (mine === null || other === null || mine === other || coarser.some((one) => differing.has(one))) return [];
    differing.add(name);
    return [words.replace(/{([ab])}/g, (_, side) => (side === 'a' ? mine : other))];
  });
}

function countDifferences(a, b) {
  if (state.basis === 'total')
    return ['items', 'calls']
      .filter((name) => isNumber(a[name]) && isNumber(b[name]) && !close(a[name], b[name]))
      .map((name) => `${name} in total differ: ${figures(a[name], 6)} (A), ${figures(b[name], 6)} (B)`);
  const [x, y] = [a, b].map((row) => (row.items && row.calls ? row.items / row.calls : null));
  if (x === null || y === null || close(x, y)) return [];
  return [`items per call differ: ${figures(x, 6)} (A), ${figures(y, 6)} (B)`];
}

// Sentences about what makes two rows unlike; none if they may be compared.
function differences(a, b) {
  return a === b ? [] : [...traitDifferences(a, b), ...countDifferences(a, b)];
}

// What may be put side by side: like rows, and unlike ones where the reader asks for it.
const comparable = (row, base) => state.force || !differences(base, row).length;
