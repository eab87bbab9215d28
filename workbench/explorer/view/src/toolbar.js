/** The buttons above the map. */

import { element } from './legend.js';

const TOOLS = [['lasso', 'Lasso', 'L'], ['box', 'Box', 'B'], ['pan', 'Hand', 'H']];
const MODES = [['replace', 'New'], ['add', 'Add'], ['subtract', 'Subtract']];
const ACTIONS = [
  ['inView', 'In view', 'Select all points in view (V)'],
  ['invert', 'Invert', 'Swap selected and not selected (I)'],
  ['clear', 'Clear', 'Select nothing (Esc)'],
  ['whole', 'Whole map', 'See the whole map (0)'],
  ['link', 'Link', 'Put this view into the address of the page'],
];

function button(label, title, press) {
  const node = element('button', 'ssl-map-button', label);
  node.type = 'button';
  node.title = title;
  node.addEventListener('click', press);
  return node;
}

/** Buttons of which one is pressed. */
function choice(label, options, press) {
  const node = element('div', 'ssl-map-choice');
  node.setAttribute('role', 'group');
  node.setAttribute('aria-label', label);
  const buttons = options.map(([value, name, key]) => [value, button(name, key ? `${name} (${key})` : name, () => press(value))]);
  node.append(...buttons.map(([, one]) => one));
  return { node, show: (value) => buttons.forEach(([name, one]) => one.setAttribute('aria-pressed', String(name === value))) };
}

/** @param {Record<string, (value?: string) => void>} does use(tool), combine(mode) and the actions */
export function createToolbar(does) {
  const node = element('div', 'ssl-map-tools');
  node.setAttribute('role', 'toolbar');
  node.setAttribute('aria-label', 'Map tools');
  const tools = choice('Tool', TOOLS, does.use);
  const modes = choice('What a selection does', MODES, does.combine);
  node.append(tools.node, modes.node, ...ACTIONS.map(([name, label, title]) => button(label, title, () => does[name]())));
  return { node, tool: tools.show, mode: modes.show };
}
