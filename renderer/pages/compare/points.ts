/** Versions as points of quality against one cost, and what each is worth. */
import type { Version } from '../../../app/contract/compare.ts';
import { bestBalance, type Directions, type Point, paretoFront } from '../../charts/pareto.ts';

export type Against = 'size' | 'decode' | 'memory';

export interface CostAxis {
  readonly key: Against;
  readonly title: string;
  readonly unit: string;
  readonly better: Directions['x'];
  /** How the front is called in words. */
  readonly best: string;
  readonly worse: string;
  readonly of: (version: Version) => number | undefined;
}

const MEGA = 1e6;

export const AXES: readonly CostAxis[] = [
  {
    key: 'size',
    title: 'Size',
    unit: 'MB',
    better: 'lower',
    best: 'best at its size',
    worse: 'another is smaller and better',
    of: ({ model }) => model.sizeBytes / MEGA,
  },
  {
    key: 'decode',
    title: 'Decode',
    unit: 'tokens/s',
    better: 'higher',
    best: 'best at its speed',
    worse: 'another is faster and better',
    of: ({ measured }) => measured?.decodeTokensPerSecond,
  },
  {
    key: 'memory',
    title: 'Memory',
    unit: 'MB',
    better: 'lower',
    best: 'best at its memory',
    worse: 'another takes less and is better',
    of: ({ measured }) => (measured?.peakMemoryBytes === undefined ? undefined : measured.peakMemoryBytes / MEGA),
  },
];

export interface QualityAxis {
  readonly key: 'perplexity' | 'accuracy' | 'chrf';
  readonly title: string;
  readonly better: Directions['y'];
  readonly of: (version: Version) => number | undefined;
}

const PERPLEXITY: QualityAxis = {
  key: 'perplexity',
  title: 'Perplexity',
  better: 'lower',
  of: ({ measured }) => measured?.perplexity,
};
const ACCURACY: QualityAxis = {
  key: 'accuracy',
  title: 'Accuracy',
  better: 'higher',
  of: ({ measured }) => measured?.accuracy,
};

const CHRF: QualityAxis = { key: 'chrf', title: 'chrF', better: 'higher', of: ({ measured }) => measured?.chrf };

/** Accuracy where most versions have it, chrF where half of them do, perplexity otherwise. */
export function qualityOf(versions: readonly Version[]): QualityAxis {
  const count = (axis: QualityAxis): number => versions.filter((version) => axis.of(version) !== undefined).length;
  if (count(ACCURACY) > count(PERPLEXITY)) return ACCURACY;
  return count(CHRF) > 1 && 2 * count(CHRF) >= count(PERPLEXITY) ? CHRF : PERPLEXITY;
}

export interface Comparison {
  readonly points: readonly Point[];
  readonly front: readonly Point[];
  readonly balance?: Point;
  /** Lacks one of the two figures. */
  readonly missing: number;
  /** Quality was measured on different texts: those points cannot be compared. */
  readonly mixed: boolean;
}

export function comparison(versions: readonly Version[], axis: CostAxis, quality: QualityAxis): Comparison {
  const points = versions.flatMap((version): Point[] => {
    const [x, y] = [axis.of(version), quality.of(version)];
    return x === undefined || y === undefined || !(x > 0) || !Number.isFinite(y)
      ? []
      : [{ id: version.model.id, x, y }];
  });
  const better = { x: axis.better, y: quality.better };
  const front = paretoFront(points, better);
  const texts = new Set(
    versions.flatMap((version) => (quality.of(version) === undefined ? [] : (version.evaluatedOn ?? []))),
  );
  return {
    points,
    front,
    balance: bestBalance(front, better),
    missing: versions.length - points.length,
    mixed: texts.size > 1,
  };
}
