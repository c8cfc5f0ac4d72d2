/** What the pictures of an adaptation call things: layers of one model, or two models of a cascade. Pure. */
import { percentToTenth } from '../../../format/number.ts';
import type { AdaptReport } from './adapt-report.ts';

export interface AdaptWords {
  /** What stops somewhere. */
  readonly what: string;
  readonly rows: string;
  readonly place: string;
  readonly placeOf: (layer: number) => string;
  /** How far computation goes on average. */
  readonly depth: (meanLayers: number) => string;
  readonly whole: string;
  readonly adaptive: string;
  /** What does everything alike, where that is something of its own. */
  readonly fixed: string | undefined;
  readonly alone: string;
  readonly alike: string;
}

const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

export function adaptWords({ kind, layers, bestFixed, metric }: AdaptReport): AdaptWords {
  const alone = `${sentence(metric.name)} alone, %`;
  if (kind === 'cascade' || kind === 'chat-cascade') {
    return {
      what: kind === 'cascade' ? 'texts' : 'questions',
      rows: kind === 'cascade' ? 'rows' : 'questions',
      place: 'Model',
      placeOf: (layer) => ['small', 'large'][layer - 1],
      depth: (meanLayers) => `the large model is asked about ${percentToTenth(meanLayers - 1)}`,
      whole: 'Large model alone',
      adaptive: 'Cascade',
      fixed: bestFixed.layer === 1 ? 'Small model alone' : undefined,
      alone,
      alike: 'As the large model, %',
    };
  }
  return {
    what: kind === 'decoder' ? 'tokens' : 'texts',
    rows: kind === 'decoder' ? 'windows' : 'rows',
    place: 'Layer',
    placeOf: String,
    depth: (meanLayers) => `${meanLayers.toFixed(1)} of ${layers} layers on average`,
    whole: 'Whole model',
    adaptive: 'Adaptive',
    fixed: `Always layer ${bestFixed.layer}`,
    alone,
    alike: 'As the whole model, %',
  };
}
