/** What lies above the points: the lasso being drawn, lines to neighbours, rings, names of clusters. */

const SPACE = 'http://www.w3.org/2000/svg';
const LETTER = 6.6; // px of a name's letter
const LINE = 18; // px of a name's height

/** @param {string} kind @param {Record<string, unknown>} attributes @param {string} [text] */
function drawn(kind, attributes, text) {
  const node = document.createElementNS(SPACE, kind);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/** The names that find room, the first ones first.
 * @param {{x: number, y: number, name: string}[]} names */
function roomy(names) {
  const taken = [];
  return names.filter(({ x, y, name }) => {
    const half = (LETTER * name.length) / 2 + 4;
    const free = taken.every((one) => Math.abs(y - one.y) >= LINE || Math.abs(x - one.x) >= half + one.half);
    if (free) taken.push({ x, y, half });
    return free;
  });
}

/** @param {{screen: (point: number) => number[], screenOf: (x: number, y: number) => number[]}} plot */
export function createOverlay(plot) {
  const node = drawn('svg', { class: 'ssl-map-overlay', 'aria-hidden': 'true' });
  const layers = { lines: drawn('g', {}), rings: drawn('g', {}), names: drawn('g', {}), over: drawn('g', {}), lasso: drawn('path', { class: 'ssl-map-lasso' }) };
  node.append(...Object.values(layers));
  let [neighbours, rings, names, placed, pointed] = [null, [], [], [], -1];

  function ring() {
    const [cx, cy] = pointed < 0 ? [] : plot.screen(pointed);
    layers.over.replaceChildren(...(pointed < 0 ? [] : [drawn('circle', { cx, cy, r: 6 })]));
  }

  function redraw() {
    layers.lines.replaceChildren();
    if (neighbours) {
      const [x1, y1] = plot.screen(neighbours.from);
      for (const point of neighbours.to) {
        const [x2, y2] = plot.screen(point);
        layers.lines.append(drawn('line', { x1, y1, x2, y2 }), drawn('circle', { cx: x2, cy: y2, r: 5 }));
      }
      layers.lines.append(drawn('circle', { class: 'ssl-map-from', cx: x1, cy: y1, r: 8 }));
    }
    const circles = rings.map(plot.screen).map(([cx, cy]) => drawn('circle', { cx, cy, r: 8 }));
    const at = ([x, y, name]) => {
      const [left, top] = plot.screenOf(x, y);
      return { x: left, y: top, name };
    };
    const spots = placed.map(at);
    const marks = spots.map(({ x, y }) => drawn('path', { class: 'ssl-map-placed', d: `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}` }));
    layers.rings.replaceChildren(...circles, ...marks, ...spots.map(({ x, y }) => drawn('circle', { class: 'ssl-map-from', cx: x, cy: y, r: 12 })));
    const called = [...spots.map(({ x, y, name }) => ({ x, y: y - 18, name })), ...names.map(at)];
    ring();
    layers.names.replaceChildren(...roomy(called).map(({ x, y, name }) => drawn('text', { x, y }, name)));
  }

  return {
    node,
    redraw,
    /** @param {{from: number, to: number[]} | null} told */
    link(told) {
      neighbours = told;
      redraw();
    },
    /** @param {number[]} points @param {[number, number, string][]} called
     * @param {[number, number, string][]} spots places that are no points of the map */
    mark(points, called, spots) {
      [rings, names, placed] = [points, called, spots];
      redraw();
    },
    /** @param {number} point the one under the pointer, -1: none */
    over(point) {
      pointed = point;
      ring();
    },
    /** @param {number[][]} path px; empty: none @param {boolean} waits whether the server is being asked */
    lasso(path, waits = false) {
      layers.lasso.setAttribute('d', path.length ? `M${path.map((p) => p.join(' ')).join('L')}Z` : '');
      layers.lasso.classList.toggle('ssl-map-waits', waits);
    },
  };
}
