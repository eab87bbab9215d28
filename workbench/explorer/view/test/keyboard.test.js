import assert from 'node:assert/strict';
import test from 'node:test';

import { HELP, followKeys } from '../src/keyboard.js';

/** A map that writes down what it is told, and `press(key, modifiers)`: whether the map took the key. */
function keyed() {
  const [stage, done] = [new EventTarget(), []];
  const said = (name) => (...told) => void done.push([name, ...told]);
  followKeys(stage, {
    camera: () => [0, 0, 1], look: said('look'), use: said('use'), send: said('send'), inView: said('inView'),
    clear: said('clear'), toward: said('toward'), after: said('after'), press: ({ shiftKey }) => done.push(['press', shiftKey]), leave: said('leave'),
  });
  const press = (key, modifiers = {}) => {
    const event = new Event('keydown', { cancelable: true });
    stage.dispatchEvent(Object.assign(event, { key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...modifiers }));
    return event.defaultPrevented;
  };
  return { stage, done, press };
}

const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', '+', '-', '0', 'l', 'b', 'h', 'i', 'v', 'n', 'p', 'Enter', 'Escape'];

test('keys of the browser and the system are left alone', () => {
  const { done, press } = keyed();
  for (const modifier of ['altKey', 'ctrlKey', 'metaKey']) {
    for (const key of KEYS) assert.equal(press(key, { [modifier]: true }), false, `${modifier} ${key}`);
  }
  for (const key of ['Tab', 'F5', 'q', ' ']) assert.equal(press(key), false, key);
  assert.deepEqual(done, []);
  for (const key of KEYS) assert.equal(press(key), true, key);
  assert.equal(done.length, KEYS.length);
});

test('an arrow pans; with Shift it goes to the next point there', () => {
  const { done, press } = keyed();
  for (const key of ['ArrowLeft', 'ArrowUp']) press(key);
  assert.deepEqual(done.splice(0), [['look', [-0.3, 0, 1]], ['look', [0, 0.3, 1]]]);
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) assert.ok(press(key, { shiftKey: true }));
  assert.deepEqual(done, [['toward', -1, 0], ['toward', 1, 0], ['toward', 0, 1], ['toward', 0, -1]]);
});

test('N and P go through the points, Enter selects one, with Shift as a click with Shift does', () => {
  const { done, press } = keyed();
  for (const key of ['n', 'P', 'Enter']) press(key);
  press('Enter', { shiftKey: true });
  assert.deepEqual(done, [['after', 1], ['after', -1], ['press', false], ['press', true]]);
});

test('the point is left when the focus goes elsewhere on the page, not when the window is left', () => {
  const { stage, done } = keyed();
  stage.dispatchEvent(Object.assign(new Event('blur'), { relatedTarget: null }));
  assert.deepEqual(done, []);
  stage.dispatchEvent(Object.assign(new Event('blur'), { relatedTarget: {} }));
  assert.deepEqual(done, [['leave']]);
});

test('every key is told of', () => {
  for (const word of ['Shift and an arrow', 'N', 'P', 'Enter', 'Esc']) assert.match(HELP, new RegExp(`\\b${word}\\b`));
});
