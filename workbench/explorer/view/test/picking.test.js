import assert from 'node:assert/strict';
import test from 'node:test';

import { pickingIndex } from '../src/picking.js';

test('the nearest point is the one that comparing all of them finds', () => {
  const random = (() => {
    let state = 7;
    return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  })();
  const steps = Uint16Array.from({ length: 2 * 3000 }, () => Math.floor(65536 * random()));
  const index = pickingIndex(steps);
  const compared = (x, y, radius) => {
    let [found, least] = [-1, radius * radius];
    for (let i = 0; i < 3000; i++) {
      const away = (steps[2 * i] - x) ** 2 + (steps[2 * i + 1] - y) ** 2;
      if (found < 0 ? away <= least : away < least) [found, least] = [i, away];
    }
    return found;
  };
  for (let i = 0; i < 300; i++) {
    const [x, y, radius] = [65536 * random() * 1.2 - 5000, 65536 * random() * 1.2 - 5000, 3000 * random()];
    assert.equal(index.nearest(x, y, radius), compared(x, y, radius));
  }
});

test('off the map, between points and of twins: none, none, the first', () => {
  const index = pickingIndex(Uint16Array.from([0, 0, 65535, 65535, 300, 300, 300, 300]));
  assert.equal(index.nearest(-500, -500, 100), -1);
  assert.equal(index.nearest(1000, 1000, 100), -1);
  assert.equal(index.nearest(310, 300, 20), 2);
  assert.equal(index.nearest(65600, 65600, 200), 1);
  assert.equal(pickingIndex(new Uint16Array()).nearest(0, 0, 100), -1);
});
