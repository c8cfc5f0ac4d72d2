/** The order of an epoch: shares of mixed data sets, passes that leave nothing out, and rows that go from short to long. */
import { expect, it } from 'vitest';
import { EncodedStore, epochOrder, planPacked, planPadded, Random } from '../../app/datasets/index.ts';
import { takenOf } from '../../app/datasets/mixture.ts';

const storeOf = (lengths: readonly number[], first = 1): EncodedStore => {
  const store = new EncodedStore();
  lengths.forEach((length, i) => {
    const ids = new Int32Array(length).fill(first + i);
    store.add(ids, ids);
  });
  return store;
};
const random = new Random(5);
const lengths = Array.from({ length: 200 }, () => 2 + random.below(60));

it('takes of every data set what its weight says, and all of a set before any of it again', () => {
  const parts = [
    { count: 70, weight: 0.7 },
    { count: 200, weight: 0.2 },
    { count: 4, weight: 0.1 },
  ];
  expect(takenOf(parts)).toEqual([70, 20, 10]);
  const lengthOf = () => 1;
  const orderOf = (epoch: number, seed = 3) => [...epochOrder(274, lengthOf, { seed, epoch, parts }).examples];
  const epochs = Array.from({ length: 10 }, (_, epoch) => orderOf(epoch));
  for (const epoch of epochs) {
    expect(epoch).toHaveLength(100);
    expect(new Set(epoch.filter((e) => e < 70)).size).toBe(70);
    expect(epoch.filter((e) => e >= 70 && e < 270)).toHaveLength(20);
    // Ten of four: every one twice, two of them three times.
    const counts = [270, 271, 272, 273].map((e) => epoch.filter((other) => other === e).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
  }
  // Ten epochs of twenty are one pass over two hundred.
  expect(new Set(epochs.flat().filter((e) => e >= 70 && e < 270)).size).toBe(200);
  expect(orderOf(7)).toEqual(epochs[7]);
  expect(orderOf(7, 4)).not.toEqual(epochs[7]);
  expect(
    takenOf([
      { count: 10, weight: 1 },
      { count: 10, weight: 1e-9 },
    ]),
  ).toEqual([10, 1]);
});

it('joins stores without changing them', () => {
  const [one, two] = [storeOf([3, 5], 1), storeOf([4], 9)];
  const both = EncodedStore.joined([one, two]);
  expect([both.count, both.tokens, both.supervised, both.longest]).toEqual([3, 12, 9, 5]);
  expect([...both.get(2).ids]).toEqual([9, 9, 9, 9]);
  both.add(Int32Array.of(7, 8), Int32Array.of(-100, 8));
  expect([...both.get(3).labels]).toEqual([-100, 8]);
  expect([...both.get(1).ids]).toEqual([2, 2, 2, 2, 2]);
  one.add(Int32Array.of(6, 6), Int32Array.of(6, 6));
  expect([one.count, both.count, [...one.get(2).ids]]).toEqual([3, 4, [6, 6]]);
});

it.each([
  ['packed', planPacked],
  ['padded', planPadded],
] as const)('begins with short rows, %s, and leaves no example out', (_, plan) => {
  const store = storeOf(lengths);
  const planned = plan(store, { length: 64, rows: 1, seed: 1, epoch: 0, rising: 0.5 });
  const longest: number[] = [];
  const seen = new Set<number>();
  for (let i = 0; i < planned.count; i++) {
    const { examples } = planned.batch(i);
    const own = [...new Set(examples)].filter((e) => e >= 0);
    for (const example of own) seen.add(example);
    longest.push(Math.max(...own.map((e) => lengths[e])));
  }
  expect(seen.size).toBe(200);
  const falls = longest.findIndex((length, i) => i > 0 && length < longest[i - 1]);
  const rising = longest.slice(0, falls);
  const covered = rising.length / longest.length;
  expect(covered).toBeGreaterThan(0.4);
  expect(covered).toBeLessThan(0.65);
  // The rising half holds short and long ones alike.
  expect(Math.max(...rising)).toBeGreaterThan(55);
  expect(plan(store, { length: 64, rows: 1, seed: 1, epoch: 0 }).batch(0)).not.toEqual(planned.batch(0));
});
