/** Reads what the pictures and the verdict of an adaptation need from the step's document. Pure. */
import { percentToTenth } from '../../../format/number.ts';
import type { Piece } from '../../../ui/layered-text.tsx';

export interface AdaptReport {
  readonly kind: 'classifier' | 'decoder' | 'cascade' | 'chat-cascade';
  readonly layers: number;
  readonly meanLayersUsed: number;
  readonly speedup: number;
  readonly speedupRange: readonly [number, number];
  readonly metric: { readonly name: string; readonly full: number; readonly adaptive: number };
  readonly guarantee: {
    readonly metric: string;
    readonly maxLoss: number;
    readonly confidence: number;
    readonly calibrationRows: number;
    readonly accepted: number;
    readonly heldOut: { readonly rows: number; readonly loss: number; readonly kept: boolean };
  };
  readonly bestFixed: { readonly layer: number; readonly accuracy?: number; readonly speedup?: number };
  readonly exits: readonly {
    readonly layer: number;
    readonly accuracy?: number;
    readonly agreement: number;
    readonly share?: number;
  }[];
  readonly dial: readonly { readonly loss: number; readonly meanLayers: number }[];
  readonly examples?: { readonly easy: readonly Example[]; readonly hard: readonly Example[] };
  readonly samples?: readonly { readonly prompt: string; readonly pieces: readonly Piece[] }[];
  readonly worthwhile: boolean;
  readonly proposals: readonly string[];
  readonly thresholds: unknown;
  readonly answered?: { readonly exit: number };
  /** Decoders: how much faster with each means. */
  readonly means?: readonly { readonly name: keyof typeof MEANS; readonly speedup: number }[];
  /** Halting units: what stopping by them and by the heads' confidence come to on the same model. */
  readonly compared?: Readonly<
    Record<'halting' | 'confidence', { readonly meanLayers: number; readonly accuracy: number }>
  >;
}

const MEANS = {
  shortlist: 'Short list alone',
  exitsAlone: 'Exits alone',
  exits: 'Short list and exits',
  drafts: 'With drafts',
} as const;

/** Further ways that were measured or found, under the whole model and the adaptive one. */
export function waysOf({ means = [], compared }: AdaptReport): { readonly name: string; readonly found: string }[] {
  const layers = (name: string, way: { readonly meanLayers: number; readonly accuracy: number }) => ({
    name,
    found: `${way.meanLayers.toFixed(1)} layers, ${percentToTenth(way.accuracy)}`,
  });
  return [
    ...means.map(({ name, speedup }) => ({ name: MEANS[name], found: `${speedup.toFixed(2)}×` })),
    ...(compared
      ? [layers('Stopped by halting units', compared.halting), layers('By the heads’ confidence', compared.confidence)]
      : []),
  ];
}

export interface Example {
  readonly text: string;
  readonly label: string;
  readonly predicted: string;
  readonly layers: number;
}

/** The document of an `adapt` step; undefined for anything else. The engine wrote it. */
export function adaptReportOf(result: Readonly<Record<string, unknown>> | undefined): AdaptReport | undefined {
  return typeof result?.guarantee === 'object' && typeof result.meanLayersUsed === 'number'
    ? (result as unknown as AdaptReport)
    : undefined;
}

/** Share of texts or tokens that stop at each layer, in order; of a decoder, only at its exits and after the last. */
export function stopsOf(report: AdaptReport): { readonly layer: number; readonly share: number }[] {
  const at = (layer: number): number => {
    const own = report.exits.find((exit) => exit.layer === layer)?.share;
    if (own !== undefined || report.answered === undefined) return own ?? 0;
    const exit = (report.thresholds as { readonly layer?: number }).layer;
    if (layer === report.layers) return 1 - report.answered.exit;
    return layer === exit ? report.answered.exit : 0;
  };
  const layers = Array.from({ length: report.layers }, (_, i) => i + 1);
  const shown =
    report.kind === 'decoder'
      ? layers.filter((layer) => layer === report.layers || report.exits.some((exit) => exit.layer === layer))
      : layers;
  return shown.map((layer) => ({ layer, share: at(layer) }));
}

/** "1 point", "0.35 points" */
export function pointsOf(share: number): string {
  const points = Number((100 * share).toFixed(2));
  return `${points} ${Math.abs(points) === 1 ? 'point' : 'points'}`;
}

/** "0.3 points lost", "nothing lost", "1 point gained" */
export const lossWords = (loss: number): string =>
  loss === 0 ? 'nothing lost' : loss < 0 ? `${pointsOf(-loss)} gained` : `${pointsOf(loss)} lost`;

const OTHERS: Readonly<Record<AdaptReport['kind'], string>> = {
  classifier: 'texts',
  cascade: 'texts',
  'chat-cascade': 'questions',
  decoder: 'windows of text',
};

/** "1.9× faster: at most 1 point of accuracy lost, 95% sure; 0.3 points on 1,209 others." */
export function adaptVerdict(report: AdaptReport): { text: string; tone: 'good' | 'warn' | 'bad' | 'neutral' } {
  const { guarantee, speedup, worthwhile, kind } = report;
  const { maxLoss, confidence, heldOut, metric } = guarantee;
  const sure = `at most ${pointsOf(maxLoss)} of ${metric} lost, ${Number((100 * confidence).toPrecision(3))}% sure`;
  if (guarantee.accepted === 0)
    return {
      text: `Nothing to be gained at this promise (${sure}): the whole model answers, as before.`,
      tone: 'neutral',
    };
  const others = `${heldOut.rows.toLocaleString('en-US')} other ${OTHERS[kind]}`;
  if (!heldOut.kept)
    return { text: `${pointsOf(heldOut.loss)} lost on ${others}: more than the promise of ${sure}.`, tone: 'bad' };
  const found = `${lossWords(heldOut.loss)} on ${others}`;
  // Of a cascade: then it has nothing to add.
  if (kind.endsWith('cascade') && report.bestFixed.layer === 1)
    return {
      text: `The small model alone keeps the promise, ${speedup.toFixed(1)}× faster: ${sure}; ${found}.`,
      tone: 'good',
    };
  if (!worthwhile)
    return { text: `No faster in practice (${speedup.toFixed(2)}×) at this promise: ${found}.`, tone: 'warn' };
  return { text: `${speedup.toFixed(1)}× faster: ${sure}; ${found}.`, tone: 'good' };
}
