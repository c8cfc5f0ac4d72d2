/** The front of versions worth having, its middle, its next step. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bestBalance, nextUp, paretoFront } from '../../renderer/charts/pareto.ts';

const sizes = { x: 'lower', y: 'lower' } as const;
const versions = [
  { id: 'base', x: 539, y: 60.5 },
  { id: 'int8', x: 143, y: 60.7 },
  { id: 'int4', x: 92, y: 63.9 },
  { id: 'int3', x: 78, y: 77.8 },
  { id: 'pruned', x: 74, y: 72.6 },
  { id: 'healed', x: 226, y: 66.8 },
];

it('keeps what nothing else beats on both', () => {
  expect(paretoFront(versions, sizes).map(({ id }) => id)).toEqual(['pruned', 'int4', 'int8', 'base']);
});

it('turns round where more is better', () => {
  const speeds = versions.map(({ id, x, y }) => ({ id, x: 1000 / x, y: 1 / y }));
  expect(paretoFront(speeds, { x: 'higher', y: 'higher' }).map(({ id }) => id)).toEqual([
    'pruned',
    'int4',
    'int8',
    'base',
  ]);
});

it('holds both of two equal points, and names the next step up', () => {
  const twins = [...versions, { id: 'twin', x: 92, y: 63.9 }];
  const front = paretoFront(twins, sizes);
  expect(front.map(({ id }) => id)).toContain('twin');
  expect(nextUp('int8', front)?.id).toBe('base');
  expect(nextUp('base', front)).toBeUndefined();
});

it('finds the middle ground', () => {
  expect(bestBalance(paretoFront(versions, sizes), sizes)?.id).toBe('int4');
  expect(bestBalance(versions.slice(0, 2), sizes)).toBeUndefined();
});

it('leaves out exactly the points that another beats, for any points', () => {
  const point = fc.record({ x: fc.integer({ min: 1, max: 20 }), y: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (list) => {
      const points = list.map((one, index) => ({ id: String(index), ...one }));
      const front = new Set(paretoFront(points, sizes).map(({ id }) => id));
      for (const one of points) {
        const beaten = points.some(({ x, y }) => x <= one.x && y <= one.y && (x < one.x || y < one.y));
        expect(front.has(one.id)).toBe(!beaten);
      }
    }),
  );
});
