/** Which versions are worth having: nothing else is better in quality and at least as good in cost, or the other way round. */

export interface Point {
  readonly id: string;
  /** Of cost: size, memory; or of speed, where more is better. */
  readonly x: number;
  /** Of quality. */
  readonly y: number;
}

export interface Directions {
  readonly x: 'lower' | 'higher';
  readonly y: 'lower' | 'higher';
}

/** @returns the front, from the cheapest to the best; equal points all belong to it */
export function paretoFront(points: readonly Point[], better: Directions): readonly Point[] {
  const cost = ({ x }: Point): number => (better.x === 'lower' ? x : -x);
  const loss = ({ y }: Point): number => (better.y === 'lower' ? y : -y);
  const sorted = [...points].sort((a, b) => cost(a) - cost(b) || loss(a) - loss(b));
  const front: Point[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    if (last === undefined || loss(point) < loss(last) || (loss(point) === loss(last) && cost(point) === cost(last)))
      front.push(point);
  }
  return front;
}

/** The next step up from a point of the front: the cheapest that is better in quality. */
export function nextUp(id: string, front: readonly Point[]): Point | undefined {
  const at = front.findIndex((point) => point.id === id);
  return at < 0 ? undefined : front[at + 1];
}

/** The middle ground: the point of the front that lies nearest the corner where both are best, both scaled to 0…1. */
export function bestBalance(front: readonly Point[], better: Directions): Point | undefined {
  if (front.length < 3) return undefined;
  // Ratios count, not differences: from 74 to 92 MB is as far as from 370 to 460.
  const log = (value: number): number => Math.log(Math.max(value, 1e-9));
  const scale = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values.map(log)), Math.max(...values.map(log))];
    return (value: number): number => (high === low ? 0 : (log(value) - low) / (high - low));
  };
  const sx = scale(front.map(({ x }) => x));
  const sy = scale(front.map(({ y }) => y));
  const distance = ({ x, y }: Point): number =>
    Math.hypot(better.x === 'lower' ? sx(x) : 1 - sx(x), better.y === 'lower' ? sy(y) : 1 - sy(y));
  return front.reduce((best, point) => (distance(point) < distance(best) ? point : best));
}
