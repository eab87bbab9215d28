/** Between the grid that the server decides on (whole steps, 0 to 65535) and the plot's own units (-1 to 1). */

export const STEPS = 65535;
const FAR = 1_000_000; // the server takes no vertex beyond

/** @param {number} step @returns {number} */
export const toUnit = (step) => (step / STEPS) * 2 - 1;

/** @param {number} unit @returns {number} */
export const toStep = (unit) => Math.max(-FAR, Math.min(FAR, Math.round(((unit + 1) / 2) * STEPS)));

/**
 * Where the camera stands and what it draws on: at distance 1 the height of the canvas shows the units -1 to 1.
 * @typedef {{camera: number[], width: number, height: number}} Lens camera: x, y, distance
 */

/** @param {number} x @param {number} y the plot's units @param {Lens} lens @returns {number[]} px from the upper left */
export function onScreen(x, y, { camera: [atX, atY, distance], width, height }) {
  const scale = height / 2 / distance;
  return [width / 2 + (x - atX) * scale, height / 2 - (y - atY) * scale];
}

/** The inverse of onScreen. @param {number} x @param {number} y px @param {Lens} lens @returns {number[]} */
export function underneath(x, y, { camera: [atX, atY, distance], width, height }) {
  const scale = height / 2 / distance;
  return [atX + (x - width / 2) / scale, atY - (y - height / 2) / scale];
}

/** Squared distance of a point to the segment from a to b.
 * @param {number[]} point @param {number[]} a @param {number[]} b */
function apart([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}

/** A path without the vertices that lie within `tolerance` of what remains (Douglas & Peucker 1973).
 * @param {number[][]} path @param {number} tolerance @returns {number[][]} */
export function simplified(path, tolerance) {
  if (path.length < 3) return path;
  const keep = new Uint8Array(path.length);
  keep[0] = keep[path.length - 1] = 1;
  const spans = [[0, path.length - 1]];
  while (spans.length) {
    const [first, last] = spans.pop();
    let [farthest, most] = [-1, tolerance * tolerance];
    for (let i = first + 1; i < last; i++) {
      const distance = apart(path[i], path[first], path[last]);
      if (distance > most) [farthest, most] = [i, distance];
    }
    if (farthest < 0) continue;
    keep[farthest] = 1;
    spans.push([first, farthest], [farthest, last]);
  }
  return path.filter((_, i) => keep[i]);
}

/** A path with at most so many vertices: the finest that fits.
 * @param {number[][]} path @param {number} most @param {number} tolerance where to begin @returns {number[][]} */
export function fitted(path, most, tolerance = 0.5) {
  let found = simplified(path, tolerance);
  for (let wider = tolerance * 1.5; found.length > most; wider *= 1.5) found = simplified(path, wider);
  return found;
}

/** Whether mark `i` is set in bits packed with the first mark in the lowest bit.
 * @param {Uint8Array} bits @param {number} i */
export const marked = (bits, i) => (bits[i >> 3] >> (i & 7)) & 1;
