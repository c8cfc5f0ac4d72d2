/** Versions are compared by what most of them were measured on. */
import { expect, it } from 'vitest';
import { OWN_TEXT, onOneYardstick } from '../../app/server/yardstick.ts';

const taken = (at: number, perplexity: number | undefined, evaluatedOn?: string) => ({
  at,
  evaluatedOn,
  values: { perplexity, sizeBytes: 1 },
});

it('takes the text that most versions share, though another was measured later', () => {
  const found = onOneYardstick([
    [taken(3, 75.2), taken(1, 215, '/plants.jsonl')],
    [taken(2, 1.02, '/plants.jsonl'), taken(1, undefined)],
    [taken(3, 76.9)],
    [taken(4, undefined)],
    [taken(2, 1.03, '/plants.jsonl')],
  ]);
  expect(found.map((one) => [one?.evaluatedOn, one?.quality.perplexity])).toEqual([
    ['/plants.jsonl', 215],
    ['/plants.jsonl', 1.02],
    [OWN_TEXT, 76.9],
    [undefined, undefined],
    ['/plants.jsonl', 1.03],
  ]);
});

it('knows of nothing where nothing was measured', () => {
  expect(onOneYardstick([[], []])).toEqual([undefined, undefined]);
});
