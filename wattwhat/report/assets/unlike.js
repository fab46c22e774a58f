// Whether two rows may be compared: the rule and the words of wattwhat.compare(), on the facts that it looks at.

// Numbers that differ by less than rounding are one number.
const close = (a, b) => Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));

function scopeDifference(a, b) {
  const at = a.facts.scopes.findIndex((one, i) => one !== b.facts.scopes[i]);
  if (at < 0) return [];
  if (at >= page.comparable.scopes.length)
    return ['the same components and devices, but not the same ones together'];
  return [`${page.comparable.scopes[at]} differ: ${a.facts.scopes[at]} (A), ${b.facts.scopes[at]} (B)`];
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
  if (a === b) return [];
  const found = [];
  if (a.provenance !== b.provenance) found.push(`A is ${a.provenance}, B is ${b.provenance}`);
  found.push(...scopeDifference(a, b));
  page.comparable.said.forEach((name, i) => {
    const [mine, other] = [a.facts.said[i], b.facts.said[i]];
    if (mine && other && mine !== other) found.push(`${name} differs: '${mine}' (A), '${other}' (B)`);
  });
  return [...found, ...countDifferences(a, b)];
}

// What may be put side by side: like rows, and unlike ones where the reader asks for it.
const comparable = (row, base) => state.force || !differences(base, row).length;
