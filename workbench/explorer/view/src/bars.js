/** Histograms of a selection against the whole map, beneath each other; dragging over bars keeps the points in them. */

import { element } from './legend.js';
import { nice, range, said, shares, steps, ticks, top } from './histogram.js';

const HELP = 'Left and right go from bar to bar, Shift takes several, Enter keeps the selected points in them, Escape lets go.';

/** One histogram: its frame is made once, a new selection changes two outlines and the scale. */
class Histogram {
  /** @param {object} told @param {(range: {column: string, first: number, last: number}) => void} keep */
  constructor(told, keep) {
    this.keep = keep;
    this.begun = this.end = this.pointed = null; // bins
    this.node = element('div', 'ssl-bars-one');
    this.reading = element('p', 'ssl-bars-reading');
    this.reading.setAttribute('aria-live', 'polite');
    this.scale = element('div', 'ssl-bars-scale');
    this.plot = element('div', 'ssl-bars-plot');
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'group');
    this.plot.innerHTML =
      '<svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true"><path class="ssl-bars-map"/><path class="ssl-bars-selection"/></svg>' +
      '<div class="ssl-bars-over" hidden></div>';
    [this.map, this.selection] = this.plot.querySelectorAll('path');
    this.over = this.plot.querySelector('.ssl-bars-over');
    this.axis = element('div', 'ssl-bars-axis');
    this.title = element('p', 'ssl-bars-title');
    this.node.append(element('p', 'ssl-bars-unit', '% of points'), this.scale, this.reading, this.plot, this.axis, this.title);
    this.#listen();
    this.update(told);
  }

  update(told) {
    this.told = told;
    const [every, chosen] = [shares(told.every), shares(told.chosen)];
    const high = top(Math.max(...every, ...chosen));
    this.map.setAttribute('d', steps(every, high));
    this.selection.setAttribute('d', steps(chosen, high));
    this.scale.replaceChildren(...[0, high / 2, high].map((at) => placed(nice(at), 'bottom', at / high)));
    const [low, up] = [told.edges[0], told.edges.at(-1)];
    const at = ticks(low, up);
    this.axis.replaceChildren(...at.map((value) => placed(nice(value, at[1] - at[0]), 'left', (value - low) / (up - low))));
    this.title.textContent = told.title;
    this.plot.setAttribute('aria-label', `Histogram of ${told.title}, selection against map. ${HELP}`);
    this.#release();
  }

  #listen() {
    const bin = (event) => {
      const { left, width } = this.plot.getBoundingClientRect();
      const bins = this.told.every.length;
      return Math.min(bins - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * bins)));
    };
    this.plot.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      this.plot.setPointerCapture(event.pointerId);
      this.begun = this.end = bin(event);
      this.#show();
    });
    this.plot.addEventListener('pointermove', (event) => {
      this.pointed = bin(event);
      if (this.begun !== null && this.plot.hasPointerCapture(event.pointerId)) this.end = this.pointed;
      this.#show();
    });
    this.plot.addEventListener('pointerup', () => this.#send());
    this.plot.addEventListener('pointercancel', () => this.#release());
    this.plot.addEventListener('pointerleave', (event) => {
      if (!this.plot.hasPointerCapture(event.pointerId)) this.#release();
    });
    this.plot.addEventListener('blur', () => this.#release());
    this.plot.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) this.#step(by, event.shiftKey);
      else if (event.key === 'Enter') this.#send();
      else if (event.key === 'Escape') this.#release();
      else return;
      event.preventDefault();
      event.stopPropagation(); // the page has keys of its own
    });
  }

  #step(by, extends_) {
    const last = this.told.every.length - 1;
    this.end = this.end === null ? (by > 0 ? 0 : last) : Math.min(last, Math.max(0, this.end + by));
    if (!extends_ || this.begun === null) this.begun = this.end;
    this.#show();
  }

  #show() {
    const [first, last] = this.begun === null ? [this.pointed, this.pointed] : range(this.begun, this.end);
    this.reading.textContent = first === null ? '' : said(this.told, first, last);
    const bins = this.told.every.length;
    this.over.hidden = first === null;
    this.over.classList.toggle('ssl-bars-taken', this.begun !== null);
    this.over.style.left = `${(100 * first) / bins}%`;
    this.over.style.width = `${(100 * (last - first + 1)) / bins}%`;
  }

  #send() {
    if (this.begun === null) return;
    const [first, last] = range(this.begun, this.end);
    this.keep({ column: this.told.column, first, last }); // shown as taken until the new counts are there
  }

  #release() {
    this.begun = this.end = this.pointed = null;
    this.#show();
  }
}

/** A tick's label, `share` of the way along its side. */
function placed(text, side, share) {
  const node = element('span', 'ssl-bars-tick', text);
  node.style[side] = `${100 * share}%`;
  return node;
}

export class Histograms {
  /** @param {HTMLElement} parent @param {(range: object) => void} send @param {object} data */
  constructor(parent, send, data) {
    this.send = send;
    this.node = element('div', 'ssl-bars');
    this.node.style.setProperty('--map', data.colours.map);
    this.node.style.setProperty('--selection', data.colours.selection);
    const legend = element('p', 'ssl-bars-legend');
    legend.append(element('span', 'ssl-bars-key ssl-bars-key-map', 'map'), element('span', 'ssl-bars-key ssl-bars-key-selection', 'selection'));
    this.node.append(legend);
    this.shown = [];
    parent.append(this.node);
  }

  update(data) {
    if (this.shown.length !== data.histograms.length) {
      this.shown.forEach((one) => one.node.remove());
      this.shown = data.histograms.map((told) => new Histogram(told, (range) => this.send(range)));
      this.node.append(...this.shown.map((one) => one.node));
    } else this.shown.forEach((one, i) => one.update(data.histograms[i]));
  }

  destroy() {
    this.node.remove();
  }
}
