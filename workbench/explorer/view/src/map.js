/** One map: what the server tells is fetched and drawn; what a person does is sent as a gesture. */

import { column, fetched } from './columns.js';
import { followPointer, modeOf, onGrid } from './gestures.js';
import { HELP, followKeys } from './keyboard.js';
import { element, legendOf } from './legend.js';
import { createOverlay } from './overlay.js';
import { createPlot } from './plot.js';
import { createToolbar } from './toolbar.js';
import { createTooltip } from './tooltip.js';

const SETTLED = 300; // ms without a movement after which the camera is remembered
const DOUBT = 'This browser offers no WebGL 2; turn on "Plotly, for print" above the map.';

/** What the browser remembers of a frame, in which one map or several are shown, until its tab is closed. */
const memory = {
  /** @param {string} frame @returns {{camera?: number[] | null, tool?: string}} */
  of: (frame) => JSON.parse(sessionStorage.getItem(`ssl-map ${frame}`) ?? '{}'),
  keep: (frame, state) => sessionStorage.setItem(`ssl-map ${frame}`, JSON.stringify(state)),
};

/** @param {number} count */
const written = (count) => count.toLocaleString('en');

export class PointMap {
  /** @type {object} what the server told last */
  told;
  /** The digests of what is on the screen. */
  drawn = { steps: '', codes: '', selected: '' };
  codes = new Uint8Array();
  tool = 'lasso';
  mode = 'replace';
  /** @type {PointerEvent | object} the last press, whose Shift and Alt a click on a point goes by */
  pressed = {};
  turn = 0;
  gone = false;
  over = -1; // the point under the pointer, or the one that the keyboard stands on
  frame = ''; // in which the camera stands; maps laid over each other share it

  /** @param {HTMLElement} parent @param {(gesture: object) => void} send @param {object} first what the server told first */
  constructor(parent, send, first) {
    this.told = first;
    this.send = send;
    this.build(parent);
    try {
      this.plot = createPlot(this.canvas, first.ink, first.count, () => this.moved());
    } catch {
      this.stage.remove();
      this.say(DOUBT);
      return;
    }
    this.equip();
  }

  /** The map's parts on the page; the plot takes the size that its canvas has there. */
  build(parent) {
    this.root = element('section', 'ssl-map');
    this.stage = element('div', 'ssl-map-stage');
    this.canvas = element('canvas', 'ssl-map-canvas');
    this.title = element('h5', 'ssl-map-title');
    this.subtitle = element('p', 'ssl-map-subtitle');
    this.status = element('p', 'ssl-map-status', 'Fetching the points …');
    this.legend = element('div', '');
    const head = element('header', 'ssl-map-head');
    head.append(this.title, this.subtitle);
    this.status.setAttribute('role', 'status');
    this.stage.tabIndex = 0;
    this.stage.setAttribute('role', 'application');
    this.stage.append(this.canvas);
    this.root.append(head, this.stage, this.status, this.legend, element('p', 'ssl-map-help', HELP));
    parent.append(this.root);
  }

  /** Tools, keys and what lies above the points. */
  equip() {
    const { canvas, plot, root, stage } = this;
    this.overlay = createOverlay(plot);
    this.tip = createTooltip(plot.screen);
    this.tools = createToolbar({
      use: (tool) => this.use(tool),
      combine: (mode) => this.combine(mode),
      invert: () => this.gesture({ shape: 'rest' }),
      link: () => this.gesture({ shape: 'view' }),
      whole: () => plot.look(null),
      clear: () => this.clear(),
      inView: () => this.inView(),
    });
    stage.before(this.tools.node);
    stage.append(this.overlay.node, this.tip.node);
    canvas.addEventListener('pointerdown', (event) => (this.pressed = event));
    followPointer(canvas, {
      tool: () => this.tool,
      mode: () => this.mode,
      unit: plot.unit,
      drag: plot.drag,
      lasso: this.overlay.lasso,
      send: (gesture) => this.gesture(gesture),
      point: (x, y) => this.point(plot.at(x, y)),
      press: (x, y) => this.press(plot.at(x, y)),
    });
    canvas.addEventListener('pointerleave', () => this.point(-1));
    followKeys(stage, {
      camera: plot.camera,
      look: plot.look,
      use: (tool) => this.use(tool),
      send: (gesture) => this.gesture(gesture),
      inView: () => this.inView(),
      clear: () => {
        this.point(-1);
        this.clear();
      },
      toward: (x, y) => this.goTo((from) => plot.toward(from, x, y)),
      after: (by) => this.goTo((from) => plot.after(from, by)),
      press: (event) => this.press(this.over, event),
      leave: () => this.point(-1),
    });
    this.use(this.tool);
    this.combine(this.mode);
    root.highlighted = plot.highlighted; // for tests: the set that is really drawn
  }

  /** @param {string} line */
  say(line) {
    this.status.textContent = line;
  }

  /** Send what a person did, with where they stood. @param {object} what */
  gesture(what) {
    if (what.shape !== 'view') this.overlay.link(null);
    this.send({ ...what, camera: this.plot.standing() });
  }

  /** @param {string} tool lasso, box or pan */
  use(tool) {
    this.tool = tool;
    this.tools.tool(tool);
    this.stage.dataset.tool = tool;
    this.remember();
  }

  /** @param {string} mode what a selection does to the one before */
  combine(mode) {
    this.mode = mode;
    this.tools.mode(mode);
  }

  clear() {
    this.overlay.lasso([]);
    this.gesture({ shape: 'none' });
  }

  inView() {
    const { canvas, mode, plot } = this;
    const corners = onGrid([[0, 0], [canvas.clientWidth, canvas.clientHeight]], plot.unit);
    this.gesture({ shape: 'box', mode, corners });
  }

  /** The keyboard goes on from its point, or begins at the middle where it has none in view; the camera follows.
   * @param {(from: number) => number} next */
  goTo(next) {
    const { over, plot } = this;
    const point = over >= 0 && plot.sees(over) ? next(over) : plot.middle();
    if (point >= 0 && !plot.sees(point)) plot.follow(point);
    this.point(point);
  }

  /** The pointer or the keyboard stands on a point: it is ringed and told of. @param {number} point -1: on none */
  point(point) {
    if (point === this.over) return;
    this.over = point;
    this.overlay.over(point);
    if (point < 0) this.tip.hide();
    else this.tip.show(point, this.named(point), this.told.hover);
  }

  /** A click on a point, or Enter, selects it; its true neighbours become lines. @param {number} point -1: on none
   * @param {PointerEvent | KeyboardEvent | object} event whose Shift and Alt it goes by */
  async press(point, event = this.pressed) {
    if (point < 0) return;
    this.gesture({ shape: 'point', index: point, mode: modeOf(event, this.mode) });
    if (!this.told.near) return;
    try {
      const found = await (await fetched(`${this.told.near}&point=${point}`)).json();
      if (!this.gone) this.overlay.link({ from: point, to: found.points });
    } catch (error) {
      this.say(error.message);
    }
  }

  moved() {
    this.overlay.redraw();
    this.tip.follow();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.remember(), SETTLED);
  }

  remember() {
    if (this.frame && !this.gone) memory.keep(this.frame, { camera: this.plot.standing(), tool: this.tool });
  }

  /** The camera and tool that the page's address or this tab remembers. */
  stand() {
    const known = memory.of(this.frame);
    if (known.tool) this.use(known.tool);
    this.plot.look(this.told.camera ?? known.camera ?? null);
  }

  /** What a point's colour says. @param {number} point @returns {string} */
  named(point) {
    const { legend } = this.told;
    const code = this.codes[point];
    if (legend.kind === 'category') return legend.entries[code]?.name ?? '';
    const missing = legend.colours.length - 1;
    if (code === missing) return `${legend.title}: missing`;
    const value = legend.low + ((legend.high - legend.low) * code) / (missing - 1);
    return `${legend.title} ${+value.toPrecision(3)}`;
  }

  /** Title and legend; a run of the script takes the keyboard's focus from nobody. */
  labelled() {
    const { legend, told } = this;
    this.title.textContent = told.title;
    this.subtitle.textContent = told.subtitle;
    this.stage.setAttribute('aria-label', `${told.title}: a map of ${written(told.count)} points. ${HELP}`);
    const focused = [...legend.querySelectorAll('button')].indexOf(document.activeElement);
    const drawn = legendOf(told.legend, {
      light: (code) => this.plot.paint(told.legend.colours, code),
      press: (code, event) => this.gesture({ shape: 'class', index: code, mode: modeOf(event, this.mode) }),
    });
    legend.replaceChildren(drawn);
    legend.querySelectorAll('button')[focused]?.focus();
  }

  /** Draw what the server told: columns that are new are fetched, the others are here already. @param {object} told */
  async update(told) {
    if (!this.overlay) return; // no WebGL: that has been said
    this.told = told;
    this.turn += 1;
    const { turn } = this;
    this.labelled();
    try {
      const [steps, codes, bits] = await Promise.all([told.steps, told.codes, told.selected].map((one) => one && column(one)));
      if (turn !== this.turn || this.gone) return;
      await this.show(steps, codes, bits && new Uint8Array(bits));
    } catch (error) {
      if (!this.gone) this.say(`The map could not be drawn: ${error.message}`);
    }
  }

  /** @param {ArrayBuffer} steps @param {ArrayBuffer} codes @param {Uint8Array | null} bits the selection's mask */
  async show(steps, codes, bits) {
    const { overlay, plot, told, turn } = this;
    const here = { steps: told.steps.sha256, codes: told.codes.sha256, selected: told.selected?.sha256 ?? '' };
    const moved = here.steps !== this.drawn.steps;
    const changed = moved || here.codes !== this.drawn.codes || here.selected !== this.drawn.selected;
    this.drawn = here;
    this.codes = new Uint8Array(codes);
    if (moved) {
      this.point(-1);
      plot.place(new Uint16Array(steps));
      overlay.link(null);
    }
    if (told.frame !== this.frame) {
      this.frame = told.frame;
      this.stand();
    }
    overlay.mark(told.rings.points, told.names, told.placed);
    this.say(this.counted());
    plot.paint(told.legend.colours);
    if (changed) plot.code(this.codes, bits);
    await plot.drawn();
    if (turn !== this.turn || this.gone) return;
    overlay.lasso([]);
    this.root.dataset.drawn = Object.values(here).join(' ');
  }

  /** How many points are selected, and what is ringed. @returns {string} */
  counted() {
    const { selected, rings, count } = this.told;
    const line = selected ? `${written(selected.count)} of ${written(count)} points selected` : `${written(count)} points, none selected`;
    return rings.points.length ? `${line}; ringed: ${rings.what}` : line;
  }

  destroy() {
    if (this.overlay) {
      this.remember();
      clearTimeout(this.settling);
      this.tip.destroy();
      this.plot.destroy();
    }
    this.gone = true;
    this.root.remove();
  }
}
