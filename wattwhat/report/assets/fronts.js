// What is drawn behind the markers: the Pareto front of each kind and the bands of a reference.

// The Pareto front of each kind: as accurate for less energy is better; equals share the front.
function fronts(marks) {
  const lines = [];
  const names = new Set();
  const kinds = countBy(marks, (mark) => rows[mark.id].kind);
  for (const kind of kinds.keys()) {
    let best = -Infinity;
    const line = [];
    const ordered = marks
      .filter((mark) => rows[mark.id].kind === kind)
      .sort((a, b) => a.energy - b.energy || b.accuracy - a.accuracy);
    for (const mark of ordered) {
      const last = line[line.length - 1];
      if (mark.accuracy > best) {
        best = mark.accuracy;
        line.push(mark);
        names.add(mark.id);
      } else if (last && mark.accuracy === last.accuracy && mark.energy === last.energy) names.add(mark.id);
    }
    // Beyond the most accurate model nothing is gained: the line runs on level.
    line.forEach((mark, order) =>
      lines.push({ kind, order, energy: mark.energy, accuracy: mark.accuracy, colour: '#8a8a8a' }),
    );
  }
  return { lines, ids: names };
}

// The reference whose bands are drawn: the chosen one, or by itself the one that grades all that is drawn.
function bandReference() {
  if (state.band === null || state.basis !== 'item' || !isScatter()) return null;
  if (state.band !== 'auto') return page.references[state.band];
  const graded = countBy(
    drawn.filter((mark) => rows[mark.id].grade),
    (mark) => rows[mark.id].grade.reference,
  );
  return graded.size === 1 ? page.references[[...graded.keys()][0]] : null;
}

function bandMarks() {
  const none = { bands: [], letters: [] };
  const reference = bandReference();
  if (!reference) return none;
  const [low, high] = view.signal('energyDomain');
  const ends = [null, ...reference.edges, null];
  const bands = [];
  const letters = [];
  LETTERS.forEach((letter, i) => {
    reference.frontier.forEach(([accuracy, energy]) =>
      bands.push({
        letter,
        accuracy,
        colour: BANDS[i],
        low: ends[i] === null ? low : Math.min(Math.max(ends[i] * energy * basis().factor, low), high),
        high: ends[i + 1] === null ? high : Math.min(Math.max(ends[i + 1] * energy * basis().factor, low), high),
      }),
    );
    const foot = bands[bands.length - reference.frontier.length];
    if (foot.high / foot.low > 1.02)
      letters.push({ letter, accuracy: foot.accuracy, energy: Math.sqrt(foot.low * foot.high) });
  });
  return { bands, letters };
}
