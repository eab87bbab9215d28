/** The points, drawn by regl-scatterplot: positions once, then a code a point that says how it is painted. */

import createScatterplot, { createRenderer } from 'regl-scatterplot';

import { STEPS, onScreen, toStep, toUnit, underneath } from './geometry.js';
import { pickingIndex } from './picking.js';

const FEW = 50; // selected points that are drawn larger, because they are lost among thousands otherwise
const SIZES = [[2_000, 7], [20_000, 5], [100_000, 3.5], [400_000, 2.5], [Infinity, 2]]; // px, up to so many points
const OPACITY = 0.8;
const FADED = 0.3;
const REACH = 4; // px beyond a point's own edge at which it is pointed at

/** One WebGL context for all maps of a page: browsers give few of them. */
let shared = { renderer: null, users: 0 };

function rented() {
  if (!shared.users) shared.renderer = createRenderer();
  shared.users += 1;
  return shared.renderer;
}

function returned() {
  shared.users -= 1;
  if (!shared.users) shared.renderer.destroy();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{line: string, faded: string}} ink
 * @param {boolean} many whether there are so many points that drawing them fast comes first
 * @param {() => void} moved told after each drawing
 */
export function createPlot(canvas, ink, many, moved) {
  const plot = createScatterplot({
    canvas,
    renderer: rented(),
    syncEvents: true,
    colorBy: 'category',
    opacityBy: 'category',
    sizeBy: 'category',
    pointColor: [ink.faded],
    pointSizeMouseDetection: -1e6, // never: it would draw all points again to mark one (picking.js points instead)
    backgroundColor: '#ffffff',
    performanceMode: many, // squares without blending: half the time where a processor draws
    actionKeyMap: {},
    deselectOnDblClick: false,
    deselectOnEscape: false,
    // A worker would be sent a copy of every point first, which takes longer than the index itself.
    spatialIndexUseWorker: false,
  });
  /** @type {number[][]} x, y and code of each point */
  let points = [];
  let picking = pickingIndex(new Uint16Array());
  let indexed = false; // whether the plot's spatial index is that of these points
  let palette = [];
  let painted = ''; // what the plot was told of colours and sizes last
  let drawing = false;
  let stale = false;

  plot.subscribe('draw', moved);

  /** Draw the points as they are now; while one drawing is under way the next one waits, and only the last is done. */
  async function draw() {
    stale = true;
    if (drawing) return;
    drawing = true;
    while (stale) {
      stale = false;
      const known = indexed ? { spatialIndex: plot.get('spatialIndex'), preventFilterReset: true } : {};
      indexed = true;
      await plot.draw(points, { zDataType: 'categorical', ...known });
    }
    drawing = false;
  }

  const lens = () => ({ camera: standing(), width: canvas.clientWidth, height: canvas.clientHeight });
  const sized = () => SIZES.find(([most]) => points.length <= most)[1];
  const camera = () => plot.get('camera');
  const standing = () => [...camera().target.slice(0, 2), 1 / camera().scaling[0]];

  return {
    draw,
    count: () => points.length,

    /** @param {Uint16Array} steps x then y of each point */
    place(steps) {
      points = Array.from({ length: steps.length / 2 }, (_, i) => [toUnit(steps[2 * i]), toUnit(steps[2 * i + 1]), 0]);
      picking = pickingIndex(steps);
      indexed = false;
    },

    /** Give each point its code, or the code of the faded ones.
     * @param {Uint8Array} codes @param {((point: number) => boolean | number) | null} chosen null: all */
    code(codes, chosen) {
      const faded = palette.length;
      for (let i = 0; i < points.length; i++) points[i][2] = !chosen || chosen(i) ? codes[i] : faded;
    },

    /** Colours by code, then that of the faded points; a number of selected points below FEW makes them larger.
     * @param {string[]} colours @param {number} selected @param {number | null} lit only this code keeps its colour */
    paint(colours, selected, lit = null) {
      palette = colours;
      const size = sized() * (selected && selected <= FEW ? 2 : 1);
      const paints = {
        pointColor: [...colours.map((colour, code) => (lit === null || lit === code ? colour : ink.faded)), ink.faded],
        pointSize: [...colours.map(() => size), sized()],
        opacity: [...colours.map(() => OPACITY), FADED],
      };
      if (JSON.stringify(paints) === painted) return; // the plot draws all points again whenever it is told
      painted = JSON.stringify(paints);
      plot.set(paints);
    },

    /** The points that are not faded, as they are really drawn. */
    highlighted: () => points.flatMap((point, i) => (point[2] < palette.length ? [i] : [])),

    /** The point under a place on the screen, or -1. @param {number} left @param {number} top px @returns {number} */
    at(left, top) {
      const [x, y] = underneath(left, top, lens());
      const pixel = (STEPS * standing()[2]) / canvas.clientHeight; // steps
      return picking.nearest(toStep(x), toStep(y), pixel * (REACH + sized() / 2));
    },

    /** @param {number} point @returns {number[]} px from the canvas's upper left corner */
    screen: (point) => onScreen(points[point][0], points[point][1], lens()),

    /** @param {number} x @param {number} y steps of the grid */
    screenOf: (x, y) => onScreen(toUnit(x), toUnit(y), lens()),

    /** @param {number} x @param {number} y px @returns {number[]} the plot's units */
    unit: (x, y) => underneath(x, y, lens()),

    /** x, y and distance of the camera, which is enough to stand there again. */
    camera: standing,

    /** @param {number[]} to x, y, distance */
    look(to) {
      const [x, y, distance] = to;
      if (standing().every((at, i) => Math.abs(at - to[i]) < 1e-9)) return;
      plot.zoomToLocation([x, y], distance);
    },

    /** @param {boolean} pans whether dragging moves the map */
    drag: (pans) => camera().config({ isPan: pans }),

    destroy() {
      plot.destroy();
      returned();
    },
  };
}
