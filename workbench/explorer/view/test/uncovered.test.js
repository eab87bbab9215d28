import assert from 'node:assert/strict';
import test from 'node:test';

import { onScreen, toUnit } from '../src/geometry.js';
import { uncovered } from '../src/uncovered.js';

/** The picture: at each pixel the last point whose square covers its centre, -1 where there is none. */
function picture(steps, points, lens, size) {
  const pixels = new Int32Array(lens.width * lens.height).fill(-1);
  for (const i of points) {
    const [x, y] = onScreen(toUnit(steps[2 * i]), toUnit(steps[2 * i + 1]), lens);
    for (let row = Math.max(0, Math.floor(y - size)); row < Math.min(lens.height, y + size); row++) {
      for (let column = Math.max(0, Math.floor(x - size)); column < Math.min(lens.width, x + size); column++) {
        const [across, up] = [column + 0.5 - x, y - row - 0.5];
        if (across >= -size / 2 && across < size / 2 && up >= -size / 2 && up < size / 2) pixels[row * lens.width + column] = i;
      }
    }
  }
  return pixels;
}

test('the picture of what is not covered is the picture of all points, from far and near, of any size', () => {
  let state = 11;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const steps = Uint16Array.from({ length: 2 * 20_000 }, () => 65535 * ((random() + random() + random()) / 3));
  const all = Uint32Array.from({ length: 20_000 }, (_, i) => i);
  for (const [camera, size] of [[[0, 0, 1], 1], [[0, 0, 1], 2], [[0.1, -0.2, 0.15], 3], [[0.6, 0.6, 2.5], 4]]) {
    const lens = { camera, width: 90, height: 60 };
    const found = uncovered(steps, lens, size);
    assert.ok(found.length && found.length < 6_500, `${found.length} are too many`);
    assert.deepEqual(picture(steps, found, lens, size), picture(steps, all, lens, size));
  }
});

test('the points come in ascending order, and none where all are out of sight', () => {
  const steps = Uint16Array.from([65535, 65535, 0, 0, 0, 0, 32768, 32768]);
  const lens = { camera: [0, 0, 1], width: 100, height: 100 };
  assert.deepEqual([...uncovered(steps, lens, 2)], [0, 2, 3]);
  assert.deepEqual([...uncovered(steps, { ...lens, camera: [9, 9, 1] }, 2)], []);
  assert.deepEqual([...uncovered(new Uint16Array(), lens, 2)], []);
});
