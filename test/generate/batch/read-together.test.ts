/** Which prompts share a run: neighbours, as far as there is room and the run pays. */
import { expect, it } from 'vitest';
import { readTogether } from '../../../app/generate/batch/read-together.ts';

const waiting = (...of: readonly [lane: number, unread: number, held?: number][]) =>
  of.map(([lane, unread, held = 0]) => ({ lane, unread, held }));
const lanesOf = (list: ReturnType<typeof waiting>, room = 64) => readTogether(list, room).map(({ lane }) => lane);

it('takes those whose lanes lie beside the first, in the order of lanes', () => {
  expect(lanesOf(waiting([3, 10], [2, 10], [5, 10], [4, 9], [0, 10]))).toEqual([2, 3, 4, 5]);
});

it('leaves out what has no room', () => {
  expect(lanesOf(waiting([0, 14], [1, 15], [2, 15], [3, 15], [4, 15]))).toEqual([0, 1, 2, 3]);
  expect(lanesOf(waiting([0, 14], [1, 15], [2, 15], [3, 15], [4, 15]), 75)).toEqual([0, 1, 2, 3, 4]);
});

it('leaves out what would be computed for nothing, or read with other weights', () => {
  expect(lanesOf(waiting([0, 3], [1, 15]))).toEqual([0, 1]);
  expect(lanesOf(waiting([0, 3, 5], [1, 8, 4], [2, 13]))).toEqual([0, 1, 2]);
  expect(lanesOf(waiting([0, 3, 50], [1, 3, 50]), 128)).toEqual([0]);
  expect(lanesOf(waiting([0, 15], [1, 16]))).toEqual([0]);
  expect(lanesOf(waiting([0, 30], [1, 25, 5], [2, 9, 20]), 128)).toEqual([0, 1]);
});
