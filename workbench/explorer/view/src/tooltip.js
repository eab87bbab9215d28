/** What a point is, beside it: a picture, a text or a record, fetched when it is pointed at and kept. */

import { fetched } from './columns.js';
import { element } from './legend.js';

const KEPT = 400; // points
const AWAY = 14; // px from the point

/** @param {{address: string}} hover @returns {Promise<{row: string, url?: string, text?: string, record?: Object}>} */
async function card(hover, point) {
  const answer = await fetched(`${hover.address}&point=${point}`);
  const row = answer.headers.get('X-Row');
  const kind = answer.headers.get('Content-Type') ?? '';
  if (kind.startsWith('image/')) return { row, url: URL.createObjectURL(await answer.blob()) };
  return kind.startsWith('application/json') ? { row, record: await answer.json() } : { row, text: await answer.text() };
}

/** The picture, the text, or the record a value a line. */
function drawn({ url, text, record }) {
  if (url) return Object.assign(element('img', 'ssl-map-shown'), { src: url, alt: '' });
  if (!record) return element('p', 'ssl-map-shown', text);
  return element('p', 'ssl-map-shown ssl-map-record', Object.entries(record).map((pair) => pair.join(': ')).join('\n'));
}

/** @param {(point: number) => number[]} screen */
export function createTooltip(screen) {
  const node = element('div', 'ssl-map-tip');
  node.hidden = true;
  node.setAttribute('role', 'status'); // it is read out to who goes from point to point without seeing it
  const known = new Map();
  let current = -1;

  function recall(hover, point) {
    const name = `${hover.address} ${point}`;
    if (!known.has(name)) {
      known.set(name, card(hover, point));
      known.get(name).catch(() => known.delete(name));
      if (known.size > KEPT) forget(known.keys().next().value);
    }
    return known.get(name);
  }

  function forget(name) {
    known.get(name)?.then(({ url }) => url && URL.revokeObjectURL(url)).catch(() => {});
    known.delete(name);
  }

  function put(point) {
    const [x, y] = screen(point);
    const { clientWidth: width, clientHeight: height } = node.parentElement;
    const left = x > width / 2 ? `calc(${x - AWAY}px - 100%)` : `${x + AWAY}px`;
    node.style.transform = `translate(${left}, ${y > height / 2 ? `calc(${y}px - 100%)` : `${y}px`})`;
  }

  return {
    node,
    /** @param {number} point @param {string} name what its colour says @param {{address: string}} hover */
    async show(point, name, hover) {
      current = point;
      node.replaceChildren(element('span', 'ssl-map-is', name));
      node.hidden = false;
      put(point);
      try {
        const told = await recall(hover, point);
        if (current !== point) return;
        node.replaceChildren(drawn(told), element('span', 'ssl-map-is', `row ${told.row} · ${name}`));
      } catch (error) {
        if (current === point) node.append(element('span', 'ssl-map-is', error.message));
      }
    },
    /** The map has moved, and the point with it. */
    follow: () => current >= 0 && put(current),
    hide() {
      current = -1;
      node.hidden = true;
    },
    destroy: () => [...known.keys()].forEach(forget),
  };
}
