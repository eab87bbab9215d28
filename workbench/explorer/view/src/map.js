/** One map: what the server tells is fetched and drawn; what a person does is sent as a gesture. */

import { column, fetched } from './columns.js';
import { marked } from './geometry.js';
import { followPointer, modeOf, onGrid } from './gestures.js';
import { HELP, followKeys } from './keyboard.js';
import { element, legendOf } from './legend.js';
import { createOverlay } from './overlay.js';
import { createPlot } from './plot.js';
import { createToolbar } from './toolbar.js';
import { createTooltip } from './tooltip.js';

const WHOLE = [0, 0, 1]; // the camera that sees all
const SETTLED = 300; // ms without a movement after which the camera is remembered
const DOUBT = 'This browser offers no WebGL with float textures; turn on "Plotly, for print" above the map.';

/** What the browser remembers of a map until its tab is closed. */
const memory = {
  /** @param {string} sha256 */
  of: (sha256) => JSON.parse(sessionStorage.getItem(`ssl-map ${sha256}`) ?? '{}'),
  keep: (sha256, state) => sessionStorage.setItem(`ssl-map ${sha256}`, JSON.stringify(state)),
};

/** @param {HTMLElement} parent @param {(gesture: object) => void} send @param {object} first what the server told first */
export function createMap(parent, send, first) {
  const root = element('section', 'ssl-map');
  const [head, stage, canvas] = [element('header', 'ssl-map-head'), element('div', 'ssl-map-stage'), element('canvas', 'ssl-map-canvas')];
  const [title, subtitle] = [element('h5', 'ssl-map-title'), element('p', 'ssl-map-subtitle')];
  const [legend, status, help] = [element('div', ''), element('p', 'ssl-map-status', 'Fetching the points …'), element('p', 'ssl-map-help', HELP)];
  head.append(title, subtitle);
  status.setAttribute('role', 'status');
  stage.tabIndex = 0;
  stage.setAttribute('role', 'application');
  stage.append(canvas);
  root.append(head, stage, status); // the plot takes the size that its canvas has on the page
  parent.append(root);

  let told = first;
  let drawn = { steps: '', codes: '', selected: '' };
  let codes = new Uint8Array();
  let turn = 0;
  let [tool, mode, settling, gone] = ['lasso', 'replace', 0, false];
  /** @type {PointerEvent | object} the last press, whose Shift and Alt a click on a point goes by */
  let pressed = {};
  canvas.addEventListener('pointerdown', (event) => (pressed = event));

  let plot;
  try {
    plot = createPlot(canvas, first.ink, { moved, over, out: () => tip.hide(), picked });
  } catch {
    stage.remove();
    status.textContent = DOUBT;
    return { update: () => {}, destroy: () => root.remove() };
  }
  const overlay = createOverlay(plot);
  const tip = createTooltip(plot.screen);
  const does = {
    use,
    combine,
    invert: () => gesture({ shape: 'rest' }),
    link: () => gesture({ shape: 'view' }),
    whole: () => plot.look(WHOLE),
    clear,
    inView,
  };
  const tools = createToolbar(does);
  stage.append(overlay.node, tip.node);
  stage.before(tools.node);
  root.append(legend, help);
  followPointer(canvas, { tool: () => tool, mode: () => mode, unit: plot.unit, lasso: overlay.lasso, send: gesture });
  followKeys(stage, { camera: plot.camera, look: plot.look, use, send: gesture, inView, clear });
  use(tool);
  combine(mode);
  root.highlighted = plot.highlighted; // for tests: the set that is really drawn

  function gesture(what) {
    if (what.shape !== 'view') overlay.link(null);
    send({ ...what, camera: plot.camera() });
  }

  function use(name) {
    tool = name;
    tools.tool(name);
    plot.drag(name === 'pan');
    stage.dataset.tool = name;
    remember();
  }

  function combine(name) {
    mode = name;
    tools.mode(name);
  }

  function clear() {
    overlay.lasso([]);
    gesture({ shape: 'none' });
  }

  function inView() {
    const corners = [[0, 0], [canvas.clientWidth, canvas.clientHeight]];
    gesture({ shape: 'box', mode, corners: onGrid(corners, plot.unit) });
  }

  function moved() {
    overlay.redraw();
    clearTimeout(settling);
    settling = setTimeout(remember, SETTLED);
  }

  function remember() {
    if (drawn.steps && !gone) memory.keep(drawn.steps, { camera: plot.camera(), tool });
  }

  function named(point) {
    if (told.legend.kind === 'category') return told.legend.entries[codes[point]]?.name ?? '';
    const { low, high, title: what, colours } = told.legend;
    const levels = colours.length - 1;
    return codes[point] === levels ? `${what}: missing` : `${what} ${+(low + ((high - low) * codes[point]) / (levels - 1)).toPrecision(3)}`;
  }

  function over(point) {
    tip.show(point, named(point), told.hover);
  }

  async function picked(point) {
    gesture({ shape: 'point', index: point, mode: modeOf(pressed, mode) });
    if (!told.near) return;
    try {
      const found = await (await fetched(`${told.near}&point=${point}`)).json();
      if (!gone) overlay.link({ from: point, to: found.points });
    } catch (error) {
      say(error.message);
    }
  }

  function say(line) {
    status.textContent = line;
  }

  function light(code) {
    plot.paint(told.legend.colours, told.selected?.count ?? 0, code);
  }

  function frame() {
    title.textContent = told.title;
    subtitle.textContent = told.subtitle;
    const press = (code, event) => gesture({ shape: 'class', index: code, mode: modeOf(event, mode) });
    const focused = [...legend.querySelectorAll('button')].indexOf(document.activeElement);
    legend.replaceChildren(legendOf(told.legend, { light, press }));
    legend.querySelectorAll('button')[focused]?.focus(); // a run of the script takes the focus from nobody
    const points = told.count.toLocaleString('en');
    stage.setAttribute('aria-label', `${told.title}: a map of ${points} points. ${HELP}`);
  }

  /** Draw what the server told last: columns that are new are fetched, the others are here already. */
  async function update(data) {
    told = data;
    turn += 1;
    const mine = turn;
    frame();
    try {
      const [steps, painted, bits] = await Promise.all([data.steps, data.codes, data.selected].map((one) => one && column(one)));
      if (mine !== turn || gone) return;
      await show(data, steps, new Uint8Array(painted), bits && new Uint8Array(bits));
    } catch (error) {
      if (!gone) say(`The map could not be drawn: ${error.message}`);
    }
  }

  async function show(data, steps, painted, bits) {
    const here = { steps: data.steps.sha256, codes: data.codes.sha256, selected: data.selected?.sha256 ?? '' };
    const count = data.selected?.count ?? 0;
    const fresh = here.steps !== drawn.steps;
    if (fresh) {
      plot.place(new Uint16Array(steps));
      overlay.link(null);
    }
    codes = painted;
    plot.paint(data.legend.colours, count);
    if (fresh || here.codes !== drawn.codes || here.selected !== drawn.selected) {
      plot.code(codes, bits && ((point) => marked(bits, point)));
      drawn = here;
      const drawing = plot.draw();
      if (fresh) stand(data);
      await drawing;
    }
    overlay.lasso([]);
    overlay.mark(data.rings.points, data.names);
    const points = plot.count().toLocaleString('en');
    say(count ? `${count.toLocaleString('en')} of ${points} points selected` : `${points} points, none selected`);
    root.dataset.drawn = Object.values(here).join(' ');
  }

  /** The camera and tool that the page's address or this tab remembers. */
  function stand(data) {
    const known = memory.of(data.steps.sha256);
    if (known.tool) use(known.tool);
    plot.look(data.camera ?? known.camera ?? WHOLE);
  }

  return {
    update,
    destroy() {
      remember();
      gone = true;
      clearTimeout(settling);
      tip.destroy();
      plot.destroy();
      root.remove();
    },
  };
}
