/** The points, drawn by regl-scatterplot: positions once, then a code a point that says how it is painted. */

import createScatterplot, { createRenderer } from 'regl-scatterplot';

import { onScreen, toUnit, underneath } from './geometry.js';

const FEW = 50; // selected points that are drawn larger, because they are lost among thousands otherwise
const SIZES = [[2_000, 7], [20_000, 5], [100_000, 3.5], [400_000, 2.5], [Infinity, 2]]; // px, up to so many points
const OPACITY = 0.8;
const FADED = 0.3;

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
 * @param {{moved: () => void, over: (point: number) => void, out: () => void, picked: (point: number) => void}} tell
 */
export function createPlot(canvas, ink, tell) {
  const plot = createScatterplot({
    canvas,
    renderer: rented(),
    syncEvents: true,
    colorBy: 'category',
    opacityBy: 'category',
    sizeBy: 'category',
    pointColor: [ink.faded],
    pointColorHover: ink.line,
    backgroundColor: '#ffffff',
    actionKeyMap: {},
    deselectOnDblClick: false,
    deselectOnEscape: false,
    // A worker would be sent a copy of every point first, which takes longer than the index itself.
    spatialIndexUseWorker: false,
  });
  /** @type {number[][]} x, y and code of each point */
  let points = [];
  let indexed = false; // whether the plot's spatial index is that of these points
  let palette = [];
  let drawing = false;
  let stale = false;

  plot.subscribe('draw', tell.moved);
  plot.subscribe('pointover', tell.over);
  plot.subscribe('pointout', tell.out);
  plot.subscribe('select', ({ points: [point] }) => {
    plot.deselect({ preventEvent: true }); // what is selected is the server's to say
    if (point !== undefined) tell.picked(point);
  });

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
      plot.set({
        pointColor: [...colours.map((colour, code) => (lit === null || lit === code ? colour : ink.faded)), ink.faded],
        pointSize: [...colours.map(() => size), sized()],
        opacity: [...colours.map(() => OPACITY), FADED],
      });
    },

    /** The points that are not faded, as they are really drawn. */
    highlighted: () => points.flatMap((point, i) => (point[2] < palette.length ? [i] : [])),

    /** @param {number} point @returns {number[]} px from the canvas's upper left corner */
    screen: (point) => onScreen(points[point][0], points[point][1], lens()),

    /** @param {number} x @param {number} y steps of the grid */
    screenOf: (x, y) => onScreen(toUnit(x), toUnit(y), lens()),

    /** @param {number} x @param {number} y px @returns {number[]} the plot's units */
    unit: (x, y) => underneath(x, y, lens()),

    /** x, y and distance of the camera, which is enough to stand there again. */
    camera: standing,

    /** @param {number[]} to x, y, distance */
    look: ([x, y, distance]) => plot.zoomToLocation([x, y], distance),

    /** @param {boolean} pans whether dragging moves the map */
    drag: (pans) => camera().config({ isPan: pans }),

    destroy() {
      plot.destroy();
      returned();
    },
  };
}
