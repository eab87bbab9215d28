/** The points on their canvas: where they lie, what is seen of them from where the camera stands, and when they are drawn. */

import { dragged, sensible, turned, whole, zoomed } from './camera.js';
import { STEPS, marked, onScreen, toStep, toUnit, underneath } from './geometry.js';
import { FADED, createPainter } from './painter.js';
import { pickingIndex } from './picking.js';
import { uncovered } from './uncovered.js';

const MANY = 400_000; // points, beyond which they are squares without blending, so that what lies under others need not be drawn
const FEW = 50; // selected points that are drawn larger and on top, because they are lost among thousands otherwise
const SIZES = [[2_000, 7], [20_000, 5], [100_000, 3.5], [400_000, 2.5], [Infinity, 2]]; // px, up to so many points
const OPACITY = 0.8;
const PALE = { opaque: 0.7, through: 0.3 }; // opacity of the faded points; where they shine through, many of them are dark
const REACH = 4; // px beyond a point's own edge at which it is pointed at

const nextFrame = () => new Promise((frame) => requestAnimationFrame(frame));

/** @param {string} colour #rrggbb @param {number} opacity @returns {number[]} bytes */
const bytesOf = (colour, opacity) => [...[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)), Math.round(255 * opacity)];

/**
 * Throws where the browser offers no WebGL 2.
 * @param {HTMLCanvasElement} canvas
 * @param {{line: string, faded: string}} ink
 * @param {number} expected how many points there will be
 * @param {() => void} moved told after each drawing
 */
export function createPlot(canvas, ink, expected, moved) {
  const opaque = expected > MANY;
  let painter = createPainter(canvas, opaque);
  let steps = new Uint16Array(); // x then y of each point
  let codes = new Uint16Array();
  let all = new Uint32Array(); // every point
  let few = []; // the selected ones, where they are few
  let colours = new Uint8Array(4 * (FADED + 1));
  let standing = null; // where a person took the camera; null: it sees the whole map, however wide the canvas
  let top = { from: '', points: all };
  let picking = null;
  let asked = null; // the drawing that was asked for and has not begun
  let running = Promise.resolve(); // the one that has
  let gone = false;

  const lens = () => {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    return { camera: standing ?? whole({ width, height }), width, height };
  };
  /** px of a point: nearer points are larger, but less than they would be on paper. */
  const sized = () => SIZES.find(([most]) => all.length <= most)[1] * (Math.asinh(Math.max(1, 1 / lens().camera[2])) / Math.asinh(1));

  /** What is uncovered from here, which another selection or colour does not change. */
  function onTop(view, size) {
    const from = [...view.camera, view.width, view.height, size].join();
    if (top.from !== from) top = { from, points: uncovered(steps, view, size) };
    return top.points;
  }

  /** One drawing; resolves when it is done. */
  async function drawing() {
    if (gone || !canvas.clientWidth) return;
    const dots = window.devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * dots), Math.round(canvas.clientHeight * dots)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const view = { camera: lens().camera, width, height };
    const size = opaque ? Math.round(sized() * dots) : sized() * dots;
    const under = opaque ? onTop(view, size) : all;
    const seen = new Uint32Array(under.length + few.length);
    seen.set(under);
    seen.set(few, under.length);
    painter.draw(view, [size * (few.length ? 2 : 1), size], seen);
    moved();
    await painter.done();
    // Only now: the first drawing need not wait for it.
    picking ??= pickingIndex(steps);
  }

  /** Draw the points as they are when the next frame begins; resolves when that is done. What is asked for while a
   * drawing is under way is one drawing after it. */
  function draw() {
    asked ??= running.then(nextFrame).then(() => {
      asked = null;
      running = drawing();
      return running;
    });
    return asked;
  }

  /** @param {number[] | null} to x, y, distance; null: the whole map */
  function look(to) {
    const next = to && [to[0], to[1], sensible(to[2])];
    if (String(next) === String(standing)) return;
    standing = next;
    draw();
  }

  const resized = new ResizeObserver(() => draw());
  resized.observe(canvas);
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const { left, top } = canvas.getBoundingClientRect();
    look(zoomed(lens(), turned(event), [event.clientX - left, event.clientY - top]));
  }, { passive: false });
  canvas.addEventListener('webglcontextlost', (event) => event.preventDefault()); // or it would not come back
  canvas.addEventListener('webglcontextrestored', () => {
    painter = createPainter(canvas, opaque);
    painter.place(steps);
    painter.code(codes);
    painter.paint(colours);
    draw();
  });

  return {
    look,

    /** Resolves when nothing is left to draw of what was changed until now. @returns {Promise<void>} */
    drawn: () => asked ?? running,

    /** @param {Uint16Array} told x then y of each point */
    place(told) {
      steps = told;
      all = new Uint32Array(steps.length / 2).map((_, i) => i);
      picking = null;
      top = { from: '', points: all };
      painter.place(steps);
      draw();
    },

    /** Give each point its code, or that of the faded ones.
     * @param {Uint8Array} told @param {Uint8Array | null} bits the marks of the selected points; null: all keep theirs */
    code(told, bits) {
      codes = new Uint16Array(told);
      few = [];
      for (let i = 0; bits && i < codes.length; i++) {
        if (!marked(bits, i)) codes[i] = FADED;
        else if (few.length <= FEW) few.push(i);
      }
      if (few.length > FEW) few = [];
      painter.code(codes);
      draw();
    },

    /** @param {string[]} told the colour of each code @param {number | null} lit only this code keeps its colour */
    paint(told, lit = null) {
      const shown = told.map((colour, code) => bytesOf(lit === null || lit === code ? colour : ink.faded, OPACITY));
      const next = new Uint8Array(4 * (FADED + 1));
      next.set(shown.flat());
      next.set(bytesOf(ink.faded, opaque ? PALE.opaque : PALE.through), 4 * FADED);
      if (next.every((byte, i) => byte === colours[i])) return;
      colours = next;
      painter.paint(colours);
      draw();
    },

    /** The points that are not faded, as they are really drawn. */
    highlighted: () => Array.from(all.filter((point) => codes[point] !== FADED)),

    /** The point under a place on the screen, or -1. @param {number} left @param {number} top px @returns {number} */
    at(left, top) {
      if (!picking) return -1;
      const [x, y] = underneath(left, top, lens());
      const pixel = (STEPS * lens().camera[2]) / canvas.clientHeight; // steps
      return picking.nearest(toStep(x), toStep(y), pixel * (REACH + sized() / 2));
    },

    /** The point nearest to the middle of what is seen, or -1. @returns {number} */
    middle: () => (picking ? picking.nearest(...lens().camera.slice(0, 2).map(toStep), Infinity) : -1),

    /** The nearest point to the right (1, 0) of another one, above it (0, 1) ... @returns {number} */
    toward: (point, x, y) => picking.toward(point, x, y),

    /** The point `by` places after another one. @returns {number} */
    after: (point, by) => picking.after(point, by),

    /** Whether a point lies in what is seen. @param {number} point @returns {boolean} */
    sees(point) {
      const { width, height } = lens();
      const [left, top] = onScreen(toUnit(steps[2 * point]), toUnit(steps[2 * point + 1]), lens());
      return left >= 0 && left <= width && top >= 0 && top <= height;
    },

    /** Move the camera above a point, as far away as it is. @param {number} point */
    follow: (point) => look([toUnit(steps[2 * point]), toUnit(steps[2 * point + 1]), lens().camera[2]]),

    /** @param {number} point @returns {number[]} px from the canvas's upper left corner */
    screen: (point) => onScreen(toUnit(steps[2 * point]), toUnit(steps[2 * point + 1]), lens()),

    /** @param {number} x @param {number} y steps of the grid */
    screenOf: (x, y) => onScreen(toUnit(x), toUnit(y), lens()),

    /** @param {number} x @param {number} y px @returns {number[]} the plot's units */
    unit: (x, y) => underneath(x, y, lens()),

    /** x, y and distance of the camera. */
    camera: () => lens().camera,

    /** What `look` takes to stand here again. @returns {number[] | null} */
    standing: () => standing,

    /** @param {number} across @param {number} down px by which the map is dragged */
    drag: (across, down) => look(dragged(lens(), across, down)),

    destroy() {
      gone = true;
      resized.disconnect();
      painter.destroy();
    },
  };
}
