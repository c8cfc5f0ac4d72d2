/** The line of the last rates; the newest is at the right. */

/** Two minutes at one a second. */
export const MOST = 120;

export const kept = (rates: readonly number[]): readonly number[] => rates.slice(-MOST);

/** @param most the rate at the upper edge */
export function linePath(rates: readonly number[], width: number, height: number, most: number): string {
  const step = width / (MOST - 1);
  const first = MOST - rates.length;
  const place = (rate: number, i: number) =>
    `${((first + i) * step).toFixed(1)},${(height - 1 - (rate / most) * (height - 2)).toFixed(1)}`;
  return rates.length === 0 ? '' : `M${rates.map(place).join('L')}`;
}
