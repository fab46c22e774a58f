// Limits as people write them: 1 J, 300 mJ, 0.1 Wh, 5 g CO2 at 300 g/kWh, 80 %; and as we write them.

const PREFIXES = { '': 1, n: 1e-9, u: 1e-6, µ: 1e-6, μ: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9 };
const HOW = 'write it as 1 J, 300 mJ, 0.1 Wh or 5 g CO2';

// A number with a point or a comma; null for what could be either, as 1,250.
function numberFrom(text) {
  const plain = text.replace(/[\s\u202f\u00a0']/g, '');
  if (/^\d{1,3}(,\d{3}){2,}(\.\d+)?$/.test(plain)) return Number(plain.replaceAll(',', ''));
  if (/^[1-9]\d{0,2},\d{3}$/.test(plain) || !/^\d*[.,]?\d+(e[+-]?\d+)?$|^\d+[.,]$/i.test(plain)) return null;
  return Number(plain.replace(',', '.'));
}

// {joules} or {problem}; a number alone is in the unit of the axis. CO2 is turned into joules by the intensity.
function energyFrom(text) {
  const trimmed = text.trim();
  if (!trimmed) return { joules: null };
  const found = /^([\d.,\s\u202f\u00a0']+(?:e[+-]?\d+)?)\s*(.*)$/i.exec(trimmed.replace(/^(under|below|up to|at most|<|≤)\s*/i, ''));
  const number = found && numberFrom(found[1]);
  if (!isNumber(number)) return { problem: HOW };
  if (!(number > 0)) return { problem: 'a limit of energy is above 0' };
  const unit = found[2].trim();
  if (!unit) return { joules: number / basis().factor };
  const energy = /^([numkMGµμ]?)(J|Wh|W h|joules?|eV)$/.exec(unit.replace(/^(milli|kilo|mega)/i, (word) => ({ milli: 'm', kilo: 'k', mega: 'M' })[word.toLowerCase()]));
  if (energy && energy[2] !== 'eV') return { joules: number * PREFIXES[energy[1]] * (energy[2].startsWith('W') ? 3600 : 1) };
  return carbonFrom(number, unit);
}

function carbonFrom(number, unit) {
  const found = /^([mµμuk]?g|t)\s*(?:CO2|CO₂)?(?:e|eq)?\.?\s*(?:(?:at|@|with)\s*([\d.,]+)\s*(?:g(?:\s*CO[2₂])?\s*(?:\/|per)\s*kWh)?)?$/i.exec(unit);
  if (!found || !/co[2₂]/i.test(unit)) return { problem: HOW };
  const grams = number * (found[1] === 't' ? 1e6 : PREFIXES[found[1].slice(0, -1)]);
  const intensity = found[2] === undefined ? state.intensity : numberFrom(found[2]);
  if (!(intensity > 0)) return { problem: 'CO2 needs a carbon intensity above 0 g per kWh: set it under Comparison' };
  return { joules: (grams / intensity) * J_PER_KWH, note: `at ${figures(intensity)} g CO₂ per kWh` };
}

// {share} or {problem}: 80, 80 % and 0.8 are the same accuracy.
function accuracyFrom(text) {
  const trimmed = text.trim();
  if (!trimmed) return { share: null };
  const percent = /%\s*$/.test(trimmed);
  const number = numberFrom(trimmed.replace(/^(at least|over|above|>|≥)\s*/i, '').replace(/%\s*$/, ''));
  if (!isNumber(number)) return { problem: 'write it as 80 % or 0.8' };
  const share = percent || number > 1 ? number / 100 : number;
  return share <= 1 ? { share } : { problem: 'an accuracy is at most 100 %' };
}

// '300 mJ': three figures and a prefix.
function energyText(joules) {
  const [size, prefix] = SI.find(([one]) => joules >= one * 0.9995) || SI[SI.length - 1];
  return `${Number((joules / size).toPrecision(3))} ${prefix}J`;
}

const shareText = (share) => `${Number((100 * share).toPrecision(4))} %`;
