import assert from 'node:assert/strict';
import test from 'node:test';

import { pickingIndex } from '../src/picking.js';

function dice() {
  let state = 7;
  return () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

test('the nearest point is the one that comparing all of them finds', () => {
  const random = dice();
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

test('without a bound there is a nearest point wherever one stands, off the map too', () => {
  const index = pickingIndex(Uint16Array.from([0, 0, 65535, 65535, 300, 40000]));
  assert.equal(index.nearest(-1e6, -1e6, Infinity), 0);
  assert.equal(index.nearest(1e6, 1e6, Infinity), 1);
  assert.equal(index.nearest(200, 39000, Infinity), 2);
  assert.equal(pickingIndex(new Uint16Array()).nearest(0, 0, Infinity), -1);
});

test('an arrow leads to the nearest point in the quarter of the map on its side', () => {
  //                                    0          1          2          3          4          5
  const index = pickingIndex(Uint16Array.from([1000, 1000, 1100, 1050, 1090, 1200, 1000, 900, 3000, 1000, 1000, 1000]));
  assert.equal(index.toward(0, 1, 0), 1);
  assert.equal(index.toward(1, 1, 0), 4);
  assert.equal(index.toward(0, 0, 1), 2); // 1 is nearer, but more to the right than above
  assert.equal(index.toward(0, 0, -1), 3);
  assert.equal(index.toward(0, -1, 0), 0); // none: it stays
  assert.equal(index.toward(4, -1, 0), 1);
});

test('step by step every point is reached, twins too, and back the same way', () => {
  const random = dice();
  const steps = Uint16Array.from({ length: 2 * 500 }, () => 1000 * Math.floor(20 * random())); // many at one place
  const index = pickingIndex(steps);
  const seen = [0];
  while (seen.length < 500) seen.push(index.after(seen.at(-1), 1));
  assert.equal(new Set(seen).size, 500);
  assert.equal(index.after(seen.at(-1), 1), 0);
  for (let i = 499; i > 0; i--) assert.equal(index.after(seen[i], -1), seen[i - 1]);
});
