/** Which rows of a long table are drawn, beyond the tallest element a browser can have. */
import { expect, it } from 'vitest';
import { rowWindow, scrollFor, TALLEST_PX } from '../../renderer/ui/table/window.ts';

const view = { viewHeight: 600, rowHeight: 32 };

it('draws what is in view and a few more', () => {
  const shown = rowWindow({ ...view, scrollTop: 3200, total: 1000 });
  expect(shown).toEqual({ height: 32_000, first: 96, count: 27, top: 3072 });
});

it('ends at the last row', () => {
  const shown = rowWindow({ ...view, scrollTop: 1e9, total: 1000 });
  expect(shown.first + shown.count).toBe(1000);
  expect(rowWindow({ ...view, scrollTop: 0, total: 0 }).count).toBe(0);
});

it('reaches every one of ten million rows', () => {
  const total = 10_000_000;
  const reach = TALLEST_PX - view.viewHeight;
  const end = rowWindow({ ...view, scrollTop: reach, total });
  expect(end.height).toBe(TALLEST_PX);
  expect(end.first + end.count).toBe(total);
  for (const row of [0, 1, 4_999_999, 9_999_998, 9_999_999]) {
    const scrollTop = scrollFor(row, { ...view, scrollTop: reach / 3, total });
    const shown = rowWindow({ ...view, scrollTop, total });
    expect(row).toBeGreaterThanOrEqual(shown.first);
    expect(row).toBeLessThan(shown.first + shown.count);
  }
});

it('scrolls no further than it must', () => {
  const place = { ...view, scrollTop: 320, total: 1000 };
  expect(scrollFor(15, place)).toBe(320);
  expect(scrollFor(5, place)).toBe(160);
  expect(scrollFor(40, place)).toBe(41 * 32 - 600);
});
