/** Which of a million points are seen at all: most lie under others, and where a processor draws each costs a microsecond. */

import { toUnit } from './geometry.js';

/**
 * The points to draw, ascending, where they are opaque squares of one size that are drawn in ascending order: a square
 * is hidden by the last one that begins at the same pixel. The image is the same as of all of them.
 * @param {Uint16Array} steps x then y of each point
 * @param {import('./geometry.js').Lens} lens in the canvas's own pixels @param {number} size px, a whole number
 * @returns {Uint32Array}
 */
export function uncovered(steps, { camera: [atX, atY, distance], width, height }, size) {
  const scale = height / 2 / distance; // px a unit of the plot
  // A square covers the pixels whose centres lie in it. One that begins `size` pixels before the edge is out of sight.
  const before = size / 2 + 0.5 - size;
  const [left, bottom] = [width / 2 - atX * scale - before, height / 2 - atY * scale - before];
  const [columns, rows] = [width + size, height + size];
  const last = new Uint32Array(columns * rows); // the last point that begins at a pixel, from 1
  const count = steps.length / 2;
  for (let i = 0; i < count; i++) {
    const column = Math.ceil(left + toUnit(steps[2 * i]) * scale);
    const row = Math.ceil(bottom + toUnit(steps[2 * i + 1]) * scale);
    if (column > 0 && column < columns && row > 0 && row < rows) last[row * columns + column] = i + 1;
  }
  const seen = new Uint8Array(count);
  let found = 0;
  for (const point of last) {
    if (point) {
      seen[point - 1] = 1;
      found += 1;
    }
  }
  const points = new Uint32Array(found);
  for (let i = 0, k = 0; k < found; i++) if (seen[i]) points[k++] = i;
  return points;
}
