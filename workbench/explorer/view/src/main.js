/** The component as Streamlit calls it: once for every run of the script, with the element it lives in. */

import { PointMap } from './map.js';
import style from './style.css';

/** @type {WeakMap<HTMLElement, {map: PointMap, send: (gesture: object) => void, call: number}>} */
const living = new WeakMap();

function dressed() {
  if (document.getElementById('ssl-map-style')) return;
  const node = document.createElement('style');
  node.id = 'ssl-map-style';
  node.textContent = style;
  document.head.append(node);
}

/** @param {{data: object, parentElement: HTMLElement, setTriggerValue: (name: string, value: object) => void}} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  dressed();
  let here = living.get(parentElement);
  if (!here) {
    here = { call: 0, send: () => {}, map: null };
    here.map = new PointMap(parentElement, (gesture) => here.send(gesture), data);
    living.set(parentElement, here);
  }
  here.send = (gesture) => setTriggerValue('gesture', gesture); // the newest, or the gesture would reach an old run
  here.call += 1;
  const call = here.call;
  here.map.update(data);
  return () => {
    // A call that was overtaken is cleaned up too; the map belongs to the newest.
    if (here.call !== call || living.get(parentElement) !== here) return;
    living.delete(parentElement);
    here.map.destroy();
  };
}
