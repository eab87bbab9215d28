/** The arithmetic of a histogram: shares, scale, ticks, outlines and words. Knows nothing of the page. */

/** @param {number[]} counts */
const sum = (counts) => counts.reduce((all, count) => all + count, 0);

/** Percent of all counted points in each bin. @param {number[]} counts */
export function shares(counts) {
  const all = sum(counts);
  return counts.map((count) => (all ? (100 * count) / all : 0));
}

/** A round number that is at least `value`, and little more. @param {number} value */
export function top(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((times) => times * power).find((end) => end >= value * (1 - 1e-9));
}

/** Round numbers from `low` to `high`, two to seven of them. */
export function ticks(low, high) {
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(15)));
}

/** A number as people read it, in four significant digits or as many as tell it from one that is `apart` from it. */
export function nice(value, apart = Infinity) {
  const size = Math.abs(value);
  const digits = Math.min(15, Math.max(4, Math.ceil(Math.log10(size / apart)) + 1));
  if (size >= 1e6 || (size && size < 1e-4)) return trimmed(value.toExponential(digits - 1)).replace('e+', 'e');
  return Number(value.toPrecision(digits)).toLocaleString('en', { maximumSignificantDigits: digits });
}

const trimmed = (text) => text.replace(/\.?0+e/, 'e');

/** The outline of bars of these heights in a square of side 1 whose y points down. @param {number[]} heights */
export function steps(heights, high) {
  const width = 1 / heights.length;
  const tops = heights.map((height, i) => `V${round(1 - height / high)}H${round((i + 1) * width)}`);
  return `M0 1${tops.join('')}V1Z`;
}

const round = (value) => Math.round(value * 1e5) / 1e5;

/** From the smaller to the larger. */
export const range = (one, other) => (one <= other ? [one, other] : [other, one]);

/** What stands in the bins `first` to `last`. */
export function said({ edges, every, chosen }, first, last) {
  const of = (counts) => {
    const [here, all] = [sum(counts.slice(first, last + 1)), sum(counts)];
    return `${here.toLocaleString('en')} (${(all ? (100 * here) / all : 0).toFixed(1)} %)`;
  };
  const width = edges[1] - edges[0];
  return `${nice(edges[first], width)} to ${nice(edges[last + 1], width)}: selection ${of(chosen)}, map ${of(every)}`;
}
