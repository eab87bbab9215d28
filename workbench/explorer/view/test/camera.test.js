import assert from 'node:assert/strict';
import test from 'node:test';

import { dragged, sensible, turned, whole, zoomed } from '../src/camera.js';
import { onScreen, underneath } from '../src/geometry.js';

const LENS = { camera: [0.25, -0.5, 0.5], width: 800, height: 560 };

/** @param {number[]} found @param {number[]} expected */
const near = (found, expected) => found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${found} is not ${expected}`));

test('what was dragged lies under the pointer again', () => {
  const held = underneath(300, 200, LENS);
  near(onScreen(...held, { ...LENS, camera: dragged(LENS, 37, -12) }), [337, 188]);
});

test('what lies under the pointer stays there while the wheel turns, and back is where it was', () => {
  const held = underneath(300, 200, LENS);
  const nearer = zoomed(LENS, turned({ deltaY: -240, deltaMode: 0 }), [300, 200]);
  assert.ok(nearer[2] < LENS.camera[2]);
  near(onScreen(...held, { ...LENS, camera: nearer }), [300, 200]);
  near(zoomed({ ...LENS, camera: nearer }, turned({ deltaY: 240, deltaMode: 0 }), [300, 200]), LENS.camera);
});

test('a wheel that counts lines zooms as one that counts pixels', () => {
  assert.equal(turned({ deltaY: 3, deltaMode: 1 }), turned({ deltaY: 48, deltaMode: 0 }));
});

test('the camera stays where the server takes it and something can be seen', () => {
  const far = zoomed({ ...LENS, camera: whole(LENS) }, 1e9, [300, 200]);
  assert.ok(far[2] <= 20 && far.every((part) => Math.abs(part) < 1e6));
  assert.ok(zoomed(LENS, 1e-9, [300, 200])[2] > 0);
  assert.equal(sensible(1e-9), zoomed(LENS, 1e-9, [300, 200])[2]);
});

test('the whole map is seen however wide the canvas is', () => {
  for (const [width, height] of [[800, 560], [300, 560], [560, 560]]) {
    for (const [x, y] of [[-1, -1], [1, 1]]) {
      const [left, top] = onScreen(x, y, { camera: whole({ width, height }), width, height });
      assert.ok(left > 0 && left < width && top > 0 && top < height, `${x}, ${y} lies at ${left}, ${top} of ${width} x ${height}`);
    }
  }
});
