/** Where versions stand in the graph. */
import { expect, it } from 'vitest';
import { lineageLayout, NODE } from '../../renderer/pages/models/lineage/layout.ts';

const ids = ['base', 'int8', 'int4', 'gguf', 'other'];
const edges = [
  { from: 'base', to: 'int8' },
  { from: 'base', to: 'int4' },
  { from: 'int4', to: 'gguf' },
];

it('puts children one column to the right, each on a row of its own', () => {
  const placed = new Map(lineageLayout(ids, edges, new Set()).map((place) => [place.id, place]));
  const column = NODE.width + NODE.gapX;
  expect(['base', 'int8', 'int4', 'gguf', 'other'].map((id) => (placed.get(id)?.x ?? -1) / column)).toEqual([
    0, 1, 1, 2, 0,
  ]);
  expect(placed.get('base')?.below).toBe(3);
  const leaves = ['int8', 'gguf', 'other'].map((id) => placed.get(id)?.y);
  expect(new Set(leaves).size).toBe(3);
});

it('leaves out what is folded and says how many', () => {
  const placed = lineageLayout(ids, edges, new Set(['base']));
  expect(placed.map(({ id }) => id)).toEqual(['base', 'other']);
  expect(placed[0]).toMatchObject({ below: 3, collapsed: true });
});

it('survives circles, missing parents and second parents', () => {
  const odd = [...edges, { from: 'gguf', to: 'base' }, { from: 'gone', to: 'other' }, { from: 'int8', to: 'gguf' }];
  const placed = lineageLayout(ids, odd, new Set());
  expect(placed.map(({ id }) => id).sort()).toEqual([...ids].sort());
});
