/** Where the camera goes: it is x, y and distance, at distance 1 the height of the canvas shows the units -1 to 1. */

import { underneath } from './geometry.js';

const [NEAREST, FARTHEST] = [1e-4, 20];
const TURN = 0.0015; // of a wheel, a px that it would scroll
const MARGIN = 1.06; // a point at the edge of the map is drawn whole
const LINE = 16; // px that a browser scrolls where it counts lines

/** Where the camera sees the whole map. @param {{width: number, height: number}} canvas px @returns {number[]} */
export const whole = ({ width, height }) => [0, 0, MARGIN * Math.max(1, height / Math.max(1, width))];

/** A distance at which something can be seen. @param {number} distance @returns {number} */
export const sensible = (distance) => Math.max(NEAREST, Math.min(FARTHEST, distance));

/** The camera after the map was dragged by so many px. @param {import('./geometry.js').Lens} lens @returns {number[]} */
export function dragged({ camera: [x, y, distance], height }, across, down) {
  const unit = (2 * distance) / height;
  return [x - across * unit, y + down * unit, distance];
}

/** The camera so many times as far away; what lies under the pointer stays there.
 * @param {import('./geometry.js').Lens} lens @param {number} factor @param {number[]} pointer px @returns {number[]} */
export function zoomed(lens, factor, [left, top]) {
  const { camera } = lens;
  const distance = sensible(camera[2] * factor);
  const [x, y] = underneath(left, top, lens);
  const nearer = distance / camera[2];
  return [x + (camera[0] - x) * nearer, y + (camera[1] - y) * nearer, distance];
}

/** How many times as far away a turn of the wheel takes the camera. @param {WheelEvent} event @returns {number} */
export const turned = ({ deltaY, deltaMode }) => Math.exp(TURN * deltaY * (deltaMode === 1 ? LINE : 1));
