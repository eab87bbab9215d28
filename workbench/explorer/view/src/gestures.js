/** The pointer on the map: a lasso or a box becomes a gesture on the server's grid. */

import { fitted, toStep } from './geometry.js';

const MOST_VERTICES = 120; // below 2 kB: the page's own widgets travel along, and 4 kB is what an answer may cost
const STEP = 3; // px between two vertices of a lasso
const DRAG = 5; // px below which a press is a click

/** @param {PointerEvent | MouseEvent} event @param {string} chosen the toolbar's mode */
export const modeOf = (event, chosen) => (event.shiftKey ? 'add' : event.altKey ? 'subtract' : chosen);

/** @param {number[][]} path px @param {(x: number, y: number) => number[]} unit @returns {number[][]} steps */
export const onGrid = (path, unit) => path.map(([x, y]) => unit(x, y).map(toStep));

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{tool: () => string, mode: () => string, unit: (x: number, y: number) => number[],
 *          lasso: (path: number[][], waits?: boolean) => void, send: (gesture: object) => void,
 *          drag: (across: number, down: number) => void, point: (x: number, y: number) => void, press: (x: number, y: number) => void}} map
 *   point: the pointer stands here, no button pressed; press: it was pressed and let go here without a drag
 */
export function followPointer(canvas, map) {
  /** @type {number[][] | null} */
  let path = null;
  const at = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const shape = () => {
    if (map.tool() !== 'box') return path;
    const [[x1, y1], [x2, y2]] = [path[0], path.at(-1)];
    return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  };

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    path = [at(event)];
  });

  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = at(event);
    if (!path) {
      map.point(x, y);
      return;
    }
    const [lastX, lastY] = path.at(-1);
    const pans = map.tool() === 'pan';
    if (!pans && Math.hypot(x - lastX, y - lastY) < STEP) return;
    path.push([x, y]);
    if (pans) map.drag(x - lastX, y - lastY);
    else map.lasso(shape());
  });

  canvas.addEventListener('pointerup', (event) => {
    if (!path) return;
    const [first, outline, ends, mode] = [path[0], shape(), [path[0], path.at(-1)], modeOf(event, map.mode())];
    const far = Math.max(...path.map(([x, y]) => Math.hypot(x - first[0], y - first[1])));
    path = null;
    if (far < DRAG) {
      map.lasso([]);
      map.press(...first);
    } else if (map.tool() !== 'pan') {
      map.lasso(outline, true);
      const [kind, corners] = map.tool() === 'box' ? ['box', ends] : ['polygon', fitted(outline, MOST_VERTICES)];
      map.send({ shape: kind, mode, corners: onGrid(corners, map.unit) });
    }
  });

  canvas.addEventListener('pointercancel', () => {
    path = null;
    map.lasso([]);
  });
}
