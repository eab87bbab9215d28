/** What the colours mean: names with their counts, or a scale; pointing at a name lights it, pressing selects it. */

const STOPS = 16; // of the colours that a scale shows

/** @param {string} kind @param {string} name @param {string} [text] */
export function element(kind, name, text) {
  const node = document.createElement(kind);
  node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** @param {number} value */
const short = (value) => (Math.abs(value) >= 1e5 || (value && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4)));

function scaled(legend) {
  const node = element('div', 'ssl-map-scale');
  const colours = legend.colours.slice(0, -1); // the last one is "missing"
  const shown = Array.from({ length: STOPS }, (_, i) => colours[Math.round((i * (colours.length - 1)) / (STOPS - 1))]);
  const bar = element('span', 'ssl-map-bar');
  bar.style.background = `linear-gradient(to right, ${shown.join(', ')})`;
  node.append(element('span', '', short(legend.low)), bar, element('span', '', short(legend.high)));
  if (legend.missing) node.append(element('span', 'ssl-map-missing', `missing: ${legend.missing.toLocaleString('en')}`));
  return node;
}

/**
 * @param {object} legend
 * @param {{light: (code: number | null) => void, press: (code: number, event: MouseEvent) => void}} tell
 */
export function legendOf(legend, tell) {
  const node = element('div', 'ssl-map-legend');
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', `Colours: ${legend.title}`);
  node.append(element('span', 'ssl-map-by', legend.title));
  if (legend.kind === 'number') {
    node.append(scaled(legend));
    return node;
  }
  legend.entries.forEach(({ name, count, colour }, code) => {
    const entry = element('button', 'ssl-map-entry');
    entry.type = 'button';
    entry.setAttribute('aria-label', `Select ${name}, ${count.toLocaleString('en')} points`);
    const dot = element('span', 'ssl-map-dot');
    dot.style.background = colour;
    entry.append(dot, element('span', 'ssl-map-name', name), element('span', 'ssl-map-count', count.toLocaleString('en')));
    for (const [event, lit] of [['pointerenter', code], ['focus', code], ['pointerleave', null], ['blur', null]]) {
      entry.addEventListener(event, () => tell.light(lit));
    }
    entry.addEventListener('click', (event) => tell.press(code, event));
    node.append(entry);
  });
  return node;
}
