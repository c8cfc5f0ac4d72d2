/** Entities are counted as seqeval 1.2.2 counts them; its numbers for these sentences stand here. */
import { expect, it } from 'vitest';
import { areEntityTags, entitiesOf, scoreEntities } from '../../app/evaluate/entities.ts';

const TRUTH = [
  ['O', 'B-PER', 'I-PER', 'O', 'B-LOC'],
  ['I-ORG', 'I-ORG', 'B-ORG', 'O', 'I-LOC', 'I-PER'],
  ['B-MISC', 'I-MISC', 'O', 'B-PER', 'B-PER'],
  ['O', 'O'],
  ['E-LOC', 'S-LOC', 'B-PER', 'E-PER'],
];
const PREDICTED = [
  ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'],
  ['B-ORG', 'I-ORG', 'I-ORG', 'O', 'I-LOC', 'O'],
  ['B-MISC', 'I-PER', 'O', 'I-PER', 'B-PER'],
  ['B-LOC', 'O'],
  ['O', 'S-LOC', 'B-PER', 'I-PER'],
];

it('scores entities as seqeval does', () => {
  const { perType, ...all } = scoreEntities(TRUTH, PREDICTED);
  expect(all).toEqual({ precision: 6 / 11, recall: 0.5, f1: 12 / 23, support: 12 });
  expect(perType).toEqual([
    { label: 'LOC', precision: 0.5, recall: 0.5, f1: 0.5, support: 4 },
    { label: 'MISC', precision: 0, recall: 0, f1: 0, support: 1 },
    { label: 'ORG', precision: 0, recall: 0, f1: 0, support: 2 },
    { label: 'PER', precision: 0.8, recall: 0.8, f1: 0.8, support: 5 },
  ]);
});

it('finds where entities begin and end, however they are marked', () => {
  expect(entitiesOf(TRUTH[1])).toEqual(['ORG 0 1', 'ORG 2 2', 'LOC 4 4', 'PER 5 5']);
  expect(entitiesOf(TRUTH[4])).toEqual(['LOC 0 0', 'LOC 1 1', 'PER 2 3']);
  expect(entitiesOf(['B-a b', 'I-a b'])).toEqual(['a b 0 1']);
  expect(entitiesOf(['E-X', 'E-X', 'I-X'])).toEqual(['X 0 0', 'X 1 1', 'X 2 2']);
});

it('tells marks of entities from plain tags of words', () => {
  expect([areEntityTags(['O', 'B-PER']), areEntityTags(['NOUN', 'O']), areEntityTags(['O'])]).toEqual([
    true,
    false,
    false,
  ]);
});
