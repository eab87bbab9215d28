import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nice, range, said, shares, steps, ticks, top } from '../src/histogram.js';

test('shares add up to a hundred, and nothing has shares of nothing', () => {
  assert.deepEqual(shares([1, 3, 0]), [25, 75, 0]);
  assert.deepEqual(shares([0, 0]), [0, 0]);
});

test('the scale ends at a round number that holds every bar', () => {
  for (const [value, end] of [[0, 1], [0.3, 0.3], [5, 5], [5.1, 6], [23, 30], [99, 100], [0.0021, 0.003]]) {
    assert.ok(Math.abs(top(value) - end) < 1e-12, `${value}: ${top(value)}`);
  }
});

test('ticks are round, lie within, and are two to seven, each with a name of its own', () => {
  assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(18, 93), [20, 40, 60, 80]);
  for (let i = 0; i < 500; i++) {
    const low = (Math.random() - 0.5) * 10 ** (i % 9);
    const high = low + Math.random() * 10 ** ((i % 13) - 6) + 1e-9 * Math.abs(low) + 1e-6; // float32 has seven digits
    const found = ticks(low, high);
    assert.ok(found.length >= 2 && found.length <= 7, `${low} ${high}: ${found}`);
    assert.equal(new Set(found.map((at) => nice(at, found[1] - found[0]))).size, found.length, `${low} ${high}: ${found}`);
    for (const at of found) assert.ok(at >= low - 1e-6 * (high - low) - 1e-9 * Math.abs(low) && at <= high + 1e-6 * (high - low) + 1e-9 * Math.abs(high));
  }
});

test('numbers read as people write them', () => {
  assert.deepEqual([0, 0.5, 20, 1234.5678, 12345678, 0.00002, -3.25].map((value) => nice(value)), ['0', '0.5', '20', '1,235', '1.235e7', '2e-5', '-3.25']);
});

test('an outline goes up and down at the bins, from the floor to the floor', () => {
  assert.equal(steps([5, 10], 10), 'M0 1V0.5H0.5V0H1V1Z');
});

test('what is taken is told of both, from the first edge to the last', () => {
  assert.deepEqual(range(4, 2), [2, 4]);
  const told = { edges: [0, 1, 2, 3], every: [10, 10, 20], chosen: [0, 1, 3] };
  assert.equal(said(told, 1, 2), '1 to 3: selection 4 (100.0 %), map 30 (75.0 %)');
  assert.equal(said({ ...told, chosen: [0, 0, 0] }, 0, 0), '0 to 1: selection 0 (0.0 %), map 10 (25.0 %)');
});
