/** Guesses are followed as long as those that were as sure turned out right often enough. */
import { expect, it } from 'vitest';
import { Trust } from '../../app/generate/trust.ts';

it('follows what is right often enough, by how sure it was, and tries the rest again some day', () => {
  const trust = new Trust(0.7);
  for (let i = 0; i < 60; i++) {
    trust.learn(0.95, i % 10 !== 0);
    trust.learn(0.1, i % 10 === 0);
  }
  expect(trust.follows(0.9)).toBe(true);
  expect(trust.follows(1)).toBe(true);
  expect(trust.follows(0.15)).toBe(false);
  // Nothing is known of these.
  expect(trust.follows(0.5)).toBe(true);
  let turns = 0;
  while (!trust.follows(0.1)) turns += 1;
  expect(turns).toBeGreaterThan(20);
  expect(turns).toBeLessThan(200);
  // What was right long ago is no excuse.
  for (let i = 0; i < 60; i++) trust.learn(0.95, false);
  expect(trust.follows(0.95)).toBe(false);
});
