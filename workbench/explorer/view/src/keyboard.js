/** The map by keyboard alone, while it has the focus. */

const PAN = 0.15; // of what is seen
const ZOOM = 1.25;

/** What each key does, as people read it. */
export const HELP =
  'Drag to select; Shift adds, Alt subtracts. Keys: arrows pan, + and − zoom, 0 the whole map, L lasso, B box, H hand, ' +
  'V selects what is in view, I swaps selected and not, Esc clears.';

/**
 * @param {HTMLElement} stage
 * @param {{camera: () => number[], look: (to: number[] | null) => void, use: (tool: string) => void,
 *          send: (gesture: object) => void, inView: () => void, clear: () => void}} map
 */
export function followKeys(stage, map) {
  const moved = (x, y, zoom = 1) => () => {
    const [atX, atY, distance] = map.camera();
    map.look([atX + x * PAN * 2 * distance, atY + y * PAN * 2 * distance, distance * zoom]);
  };
  const does = {
    ArrowLeft: moved(-1, 0),
    ArrowRight: moved(1, 0),
    ArrowUp: moved(0, 1),
    ArrowDown: moved(0, -1),
    '+': moved(0, 0, 1 / ZOOM),
    '=': moved(0, 0, 1 / ZOOM),
    '-': moved(0, 0, ZOOM),
    0: () => map.look(null),
    l: () => map.use('lasso'),
    b: () => map.use('box'),
    h: () => map.use('pan'),
    i: () => map.send({ shape: 'rest' }),
    v: map.inView,
    Escape: map.clear,
  };
  stage.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey) return;
    const action = does[event.key] ?? does[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // the page has keys of its own
    action();
  });
}
