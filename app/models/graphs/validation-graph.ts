/** The graph that measures the loss of weights as they are: a training graph's inputs, without gradients. */
import type { Graph } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { narrow } from '../../tensor/narrow.ts';
import type { Described } from '../architectures/index.ts';
import type { AdapterSpec } from './adapter.ts';
import { buildLossGraph, type TrainingGraphOptions } from './training-graph.ts';

export type ValidationGraphOptions = Pick<
  TrainingGraphOptions,
  'maxLength' | 'adapters' | 'unpadded' | 'device' | 'preferences'
> &
  Partial<Pick<TrainingGraphOptions, 'baseBits' | 'trains'>>;

/** Inputs as `buildTrainingGraph`'s, nothing dropped out. Output: loss float32 [] (sum over rows / divisor), and what is measured of preferences. */
export function buildValidationGraph(described: Described, options: ValidationGraphOptions): Graph {
  const { device = 'cpu', ...rest } = options;
  const adapters = withoutDropout(rest.adapters);
  const { graph } = buildLossGraph(described, { trains: () => false, ...rest, adapters });
  return lower(narrow(graph, 'rows'), device);
}

export const withoutDropout = (adapters: ReadonlyMap<string, AdapterSpec> = new Map()): Map<string, AdapterSpec> =>
  new Map([...adapters].map(([name, spec]) => [name, { ...spec, dropout: 0 }]));
