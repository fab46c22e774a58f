// What a printed page has instead of its controls: the filters and the assumptions, in sentences.

function rangeWords([low, high], unit) {
  if (low === null) return `at most ${high}${unit}`;
  return high === null ? `at least ${low}${unit}` : `${low} to ${high}${unit}`;
}

function filterWords() {
  const energy = bases.get(state.basis);
  const named = { accuracy: [metricWords, ' %'], energy: energy && [energy.words, ` ${energy.unit}`], chance: ['on the front', ' %'], date: ['date', ''] };
  const ranges = Object.entries(state.ranges)
    .filter(([, ends]) => ends.some((end) => end !== null))
    .map(([key, ends]) => [named[key] || [key.replace(/^field /, ''), ''], ends])
    .map(([[words, unit], ends]) => `${words} ${rangeWords(ends, unit)}`);
  const ticks = FACETS.filter(([key]) => state.ticked[key].size).map(([key, words]) => `${words.toLowerCase()}: ${[...state.ticked[key]].map((one) => one || 'not known').join(', ')}`);
  return [state.search.trim() && `search: ${state.search.trim()}`, ...ranges, ...ticks].filter(Boolean);
}

function showPrinted() {
  const filters = filterWords();
  const costs = `Costs are those of ${figures(state.volume)} ${timesWords()} at ${figures(state.price)} ${state.currency} and ${figures(state.intensity)} g of CO₂ a kWh; both are what this page was set to, not what a meter or a grid said.`;
  byId('printed').textContent = [countWords(), filters.length ? `Filters: ${filters.join('; ')}.` : 'No filter is set.', costs].join(' ');
}
