/** Which models can stand before a classifier in a cascade: smaller ones that choose between the same labels. */
import type { ModelSummary } from '../contract/models.ts';
import { describe } from '../models/architectures/index.ts';
import { readConfig } from '../models/model.ts';

/** @param all models of the library; those that cannot be opened are left out */
export async function smallerClassifiers(large: ModelSummary, all: readonly ModelSummary[]): Promise<ModelSummary[]> {
  const wanted = await labelsOf(large.path);
  if (wanted === undefined) return [];
  const found: ModelSummary[] = [];
  for (const model of all) {
    if (model.parameters >= large.parameters || model.problem || model.technique === 'adapt') continue;
    if ((await labelsOf(model.path)) === wanted) found.push(model);
  }
  return found;
}

/** The labels in one word, whatever their order; undefined for what is no classifier with one label a text. */
async function labelsOf(folder: string): Promise<string | undefined> {
  const config = await readConfig(folder).catch(() => undefined);
  if (config === undefined) return undefined;
  const { task } = describe(config);
  if (task.kind !== 'classification' || task.problem !== 'single') return undefined;
  return JSON.stringify(Object.values((config.id2label ?? {}) as Record<string, string>).sort());
}
