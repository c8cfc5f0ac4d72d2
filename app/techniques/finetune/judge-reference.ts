/** The measuring graphs of a run, and what the weights it begins with give the answers of preferences. */
import { buildValidationGraph, type ValidationGraphOptions } from '../../models/graphs/validation-graph.ts';
import type { Model } from '../../models/model.ts';
import { isUnpadded } from './open-source.ts';
import type { Training } from './open-training.ts';
import type { PreferenceSource } from './preference-source.ts';
import { pairsOfRun, type ReferenceOptions, scoreReference } from './reference.ts';

/** What a graph that measures the weights of a run has in common with that run's own. */
export const measuringShape = (model: Model, { source, selection, baseBits }: Training): ValidationGraphOptions => ({
  maxLength: source.maxLength,
  adapters: selection.modules,
  unpadded: isUnpadded(model),
  trains: selection.trains,
  baseBits,
});

/**
 * Nothing where the run compares with no reference. The trainer holds what every run begins with: a checkpoint is read later.
 * @param held pairs that are measured on
 * @throws what `signal` was aborted with
 */
export async function judgeReference(
  model: Model,
  training: Training,
  held: PreferenceSource | undefined,
  steps: number,
  context: ReferenceOptions,
): Promise<void> {
  const { preferences, trainer } = training;
  if (preferences?.loss.objective !== 'dpo') return;
  const shape = measuringShape(model, training);
  const graph = buildValidationGraph(model, { ...shape, preferences: { ...preferences.loss, scores: true } });
  await scoreReference(graph, trainer, pairsOfRun(preferences.source, held, steps), context);
}
