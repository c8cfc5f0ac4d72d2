/** Round ticks, axes and names that do not collide. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { placeLabels } from '../../renderer/charts/labels.ts';
import { axisFor, linearTicks, logTicks } from '../../renderer/charts/ticks.ts';

it('chooses round ticks', () => {
  expect(linearTicks(58, 81)).toEqual([60, 65, 70, 75, 80]);
  expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(linearTicks(5, 5)).toEqual([5]);
  expect(logTicks(70, 560)).toEqual([100, 200, 500]);
});

it('lays every value inside its axis, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (values, log) => {
        const axis = axisFor(values, { log });
        for (const value of values) {
          expect(axis.at(value)).toBeGreaterThan(-1e-6);
          expect(axis.at(value)).toBeLessThan(1 + 1e-6);
        }
        const sorted = [...values].sort((a, b) => a - b).map(axis.at);
        for (let i = 1; i < sorted.length; i++) expect(sorted[i]).toBeGreaterThanOrEqual(sorted[i - 1] - 1e-9);
      },
    ),
  );
});

it('never lets two names overlap or leave the chart', () => {
  const room = { left: 0, top: 0, right: 600, bottom: 300 };
  const point = fc.record({
    x: fc.integer({ min: 0, max: 600 }),
    y: fc.integer({ min: 0, max: 300 }),
    width: fc.integer({ min: 20, max: 140 }),
  });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), (list) => {
      const points = list.map((one, index) => ({ id: String(index), weight: index, ...one }));
      const boxes = placeLabels(points, room).map(({ id, x, y }) => ({
        left: x,
        right: x + points[Number(id)].width,
        top: y - 7,
        bottom: y + 7,
      }));
      for (const [i, a] of boxes.entries()) {
        expect(a.left >= 0 && a.right <= 600 && a.top >= 0 && a.bottom <= 300).toBe(true);
        for (const b of boxes.slice(i + 1))
          expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
      }
    }),
  );
});

it('names the heaviest of a crowd', () => {
  const crowd = ['a', 'b', 'c'].flatMap((id, i) =>
    Array.from({ length: 12 }, (_, k) => ({ id: `${id}${k}`, x: 300, y: 150, width: 80, weight: i * 100 + k })),
  );
  expect(placeLabels(crowd, { left: 0, top: 0, right: 600, bottom: 300 })[0]?.id).toBe('c11');
});
