/** Which point the pointer is on, and which one a key leads to: the points sorted into cells, so that few are compared. */

import { STEPS } from './geometry.js';

const CELLS = 512; // a side
const SHIFT = 7; // bits of a step below its cell: 65536 / 512 steps

/** @param {number} step @returns {number} the cell of a step, which may lie off the grid */
const cellOf = (step) => Math.max(0, Math.min(CELLS - 1, step >> SHIFT));

/**
 * The points sorted into square cells by counting, in one pass each.
 * @param {Uint16Array} steps x then y of each point
 */
export function pickingIndex(steps) {
  const count = steps.length / 2;
  const cell = (i) => (steps[2 * i + 1] >> SHIFT) * CELLS + (steps[2 * i] >> SHIFT);
  const begins = new Uint32Array(CELLS * CELLS + 1);
  for (let i = 0; i < count; i++) begins[cell(i) + 1] += 1;
  for (let c = 0; c < CELLS * CELLS; c++) begins[c + 1] += begins[c];
  const next = begins.slice(0, -1);
  const members = new Uint32Array(count);
  for (let i = 0; i < count; i++) members[next[cell(i)]++] = i;

  return {
    /** The point nearest to a place, or -1 where none lies within `radius`; of equally near ones the first.
     * @param {number} x @param {number} y @param {number} radius all in steps @returns {number} */
    nearest(x, y, radius) {
      let [found, least] = [-1, radius * radius];
      const [left, right] = [cellOf(x - radius), cellOf(Math.min(x + radius, STEPS))];
      for (let row = cellOf(y - radius); row <= cellOf(Math.min(y + radius, STEPS)); row++) {
        for (let k = begins[row * CELLS + left]; k < begins[row * CELLS + right + 1]; k++) {
          const i = members[k];
          const away = (steps[2 * i] - x) ** 2 + (steps[2 * i + 1] - y) ** 2;
          if (away < least || (away === least && (found < 0 || i < found))) [found, least] = [i, away];
        }
      }
      return found;
    },

    /** The nearest point in one of the four quarters of the map around a point, `point` itself where none lies there;
     * of equally near ones the first. All are compared: a key may take milliseconds, a movement of the pointer may not.
     * @param {number} point @param {number} x @param {number} y 1, 0 or -1 to the right and up @returns {number} */
    toward(point, x, y) {
      let [found, least] = [point, Infinity];
      for (let i = 0; i < count; i++) {
        const [across, up] = [steps[2 * i] - steps[2 * point], steps[2 * i + 1] - steps[2 * point + 1]];
        const [along, aside] = [across * x + up * y, across * y + up * x];
        const away = along * along + aside * aside;
        if (along > 0 && Math.abs(aside) <= along && away < least) [found, least] = [i, away];
      }
      return found;
    },

    /** The point `by` places after another one, row of cells by row of cells and around: this way all are reached, of
     * several at one place each. @param {number} point @param {number} by @returns {number} */
    after(point, by) {
      const at = members.indexOf(point, begins[cell(point)]);
      return members[(at + by + count) % count];
    },
  };
}
