import assert from 'node:assert/strict';
import test from 'node:test';

import { STEPS, fitted, marked, onScreen, simplified, toStep, toUnit, underneath } from '../src/geometry.js';

test('a step comes back from the plot units that it is drawn at', () => {
  for (const step of [0, 1, 32767, 32768, 65534, STEPS]) assert.equal(toStep(toUnit(step)), step);
  assert.equal(toUnit(0), -1);
  assert.equal(toUnit(STEPS), 1);
  assert.equal(toStep(1e9), 1_000_000);
});

test('the camera sees its place in the middle, and what is seen is found again', () => {
  const lens = { camera: [0.25, -0.5, 0.5], width: 800, height: 560 };
  assert.deepEqual(onScreen(0.25, -0.5, lens), [400, 280]);
  assert.deepEqual(onScreen(0.25, 0, lens), [400, 0]);
  assert.deepEqual(onScreen(0.75, -0.5, lens), [680, 280]);
  const [x, y] = underneath(...onScreen(0.1, 0.2, lens), lens);
  assert.ok(Math.abs(x - 0.1) < 1e-12 && Math.abs(y - 0.2) < 1e-12);
});

test('a straight line is its ends, a corner stays', () => {
  const line = Array.from({ length: 50 }, (_, i) => [i, 2 * i]);
  assert.deepEqual(simplified(line, 0.5), [line[0], line.at(-1)]);
  assert.deepEqual(simplified([[0, 0], [5, 0], [10, 0], [10, 5], [10, 10]], 0.5), [[0, 0], [10, 0], [10, 10]]);
});

test('what is left out lies within the tolerance', () => {
  const circle = Array.from({ length: 720 }, (_, i) => [100 * Math.cos(i / 114.6), 100 * Math.sin(i / 114.6)]);
  const kept = simplified(circle, 1);
  assert.ok(kept.length < 60);
  for (let i = 1; i < kept.length; i++) {
    const [x, y] = [(kept[i][0] + kept[i - 1][0]) / 2, (kept[i][1] + kept[i - 1][1]) / 2];
    assert.ok(Math.abs(Math.hypot(x, y) - 100) <= 1 + 1e-9);
  }
});

test('a lasso of any length travels in at most 4 kB', () => {
  const wild = Array.from({ length: 10_000 }, (_, i) => [(i * 7919) % 1009, (i * 104729) % 997]);
  const kept = fitted(wild, 200);
  assert.ok(kept.length <= 200);
  const corners = kept.map(() => [-1_000_000, -1_000_000]);
  assert.ok(JSON.stringify({ shape: 'polygon', mode: 'subtract', corners, camera: [-0.123456789, -0.123456789, 0.00123456789] }).length <= 4096);
  assert.deepEqual(fitted([[1, 1]], 200), [[1, 1]]);
});

test('marks are read from bits, the first in the lowest', () => {
  const bits = Uint8Array.from([0b00000101, 0b10000000]);
  assert.deepEqual([...Array(16).keys()].filter((i) => marked(bits, i)), [0, 2, 15]);
});
