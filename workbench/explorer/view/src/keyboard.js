/** The map by keyboard alone, while it has the focus. */

const PAN = 0.15; // of what is seen
const ZOOM = 1.25;

/** What each key does, as people read it. */
export const HELP =
  'Drag to select; Shift adds, Alt subtracts. Keys: arrows pan, + and − zoom, 0 the whole map, L lasso, B box, H hand, ' +
  'V selects what is in view, I swaps selected and not, Esc clears. Point by point: Shift and an arrow goes to the nearest one there, ' +
  'N to the next and P to the one before; Enter selects it, Shift and Enter adds it.';

/**
 * @param {HTMLElement} stage
 * @param {{camera: () => number[], look: (to: number[] | null) => void, use: (tool: string) => void,
 *          send: (gesture: object) => void, inView: () => void, clear: () => void, toward: (x: number, y: number) => void,
 *          after: (by: number) => void, press: (event: KeyboardEvent) => void, leave: () => void}} map
 *   toward, after: point at another point, x and y: 1 to the right and up; press: choose it; leave: point at none
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
    n: () => map.after(1),
    p: () => map.after(-1),
    Enter: map.press,
    Escape: map.clear,
  };
  const shifted = {
    ArrowLeft: () => map.toward(-1, 0),
    ArrowRight: () => map.toward(1, 0),
    ArrowUp: () => map.toward(0, 1),
    ArrowDown: () => map.toward(0, -1),
  };
  stage.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's and the system's: Alt and an arrow is Back
    const action = (event.shiftKey && shifted[event.key]) || (does[event.key] ?? does[event.key.toLowerCase()]);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // the page has keys of its own
    action(event);
  });
  stage.addEventListener('blur', (event) => {
    if (event.relatedTarget) map.leave(); // something else on the page has the focus, the window has it still
  });
}
