/** The components as Streamlit calls them: once for every run of the script, with the element they live in. */

import { Histograms } from './bars.js';
import { PointMap } from './map.js';
import style from './style.css';

function dressed() {
  if (document.getElementById('ssl-map-style')) return;
  const node = document.createElement('style');
  node.id = 'ssl-map-style';
  node.textContent = style;
  document.head.append(node);
}

/**
 * @template {{update: (data: object) => void, destroy: () => void}} T
 * @param {new (parent: HTMLElement, send: (gesture: object) => void, data: object) => T} Kind
 * @returns what mounts one of these in an element and keeps it there from run to run
 */
function component(Kind) {
  /** @type {WeakMap<HTMLElement, {shown: T, send: (gesture: object) => void, call: number}>} */
  const living = new WeakMap();
  return ({ data, parentElement, setTriggerValue }) => {
    dressed();
    let here = living.get(parentElement);
    if (!here) {
      here = { call: 0, send: () => {}, shown: null };
      here.shown = new Kind(parentElement, (gesture) => here.send(gesture), data);
      living.set(parentElement, here);
    }
    here.send = (gesture) => setTriggerValue('gesture', gesture); // the newest, or the gesture would reach an old run
    here.call += 1;
    const call = here.call;
    here.shown.update(data);
    return () => {
      // A call that was overtaken is cleaned up too; what is shown belongs to the newest.
      if (here.call !== call || living.get(parentElement) !== here) return;
      living.delete(parentElement);
      here.shown.destroy();
    };
  };
}

export const map = component(PointMap);
export const bars = component(Histograms);
