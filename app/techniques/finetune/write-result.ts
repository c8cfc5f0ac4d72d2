/** Writes what was trained: a model folder with adapters merged in, and the adapter beside it. */
import { resolve } from 'node:path';
import { adapterNames } from '../../models/graphs/adapter.ts';
import type { WeightSpec } from '../../models/graphs/scoring-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { writeAdapterFolder } from './adapter-folder.ts';
import { mergeAdapter } from './lora.ts';
import type { TrainingData } from './open-source.ts';
import type { FinetuneOptions } from './schema.ts';
import type { Selection } from './selection.ts';

export interface Trained {
  readonly selection: Selection;
  readonly weights: readonly WeightSpec[];
  values(name: string): Float32Array;
}

type Values = () => Float32Array | Promise<Float32Array>;

/** @throws UserError disk/full, file/not-allowed, file/exists */
export async function writeResult(
  out: string,
  model: Model,
  { selection, weights, values }: Trained,
  data: TrainingData,
  options: FinetuneOptions,
): Promise<{ readonly model: string; readonly adapter?: string }> {
  const { modules, linears, whole, given } = selection;
  await writeModelFolder(out, model, {
    step: nextStep('finetune', { ...options, data: resolve('tokens' in data ? data.tokens : data.path) }),
    replaced: replacedWeights(model, { selection, weights, values }),
    also: async (temporary) => {
      if (!modules) return;
      await writeAdapterFolder(`${temporary}/adapter`, {
        base: model.folder,
        answers: model.architecture.kind === 'encoder-decoder',
        rank: given?.config.r ?? options.rank,
        alpha: given?.config.lora_alpha ?? options.alpha,
        dropout: options.dropout,
        rankStabilised: given?.config.use_rslora ?? options.rslora,
        linears,
        modules,
        weights,
        whole,
        values,
      });
    },
  });
  return { model: resolve(out), ...(modules ? { adapter: resolve(`${out}/adapter`) } : {}) };
}

/** Weights of the model that are no longer as in its files; an adapted one is merged when its turn to be written has come. */
function replacedWeights(model: Model, { selection, weights, values }: Trained): Map<string, Values> {
  const { modules, linears } = selection;
  const own = weights.filter(({ name }) => selection.trains(name));
  const replaced = new Map<string, Values>(own.map(({ name }) => [name, () => values(name)]));
  for (const [module, adapter] of modules ?? []) {
    replaced.set(`${module}.weight`, async () => {
      const weight = await readFloats(model.weights.get(`${module}.weight`)!);
      const names = adapterNames(module);
      const magnitude = adapter.magnitude ? values(names.magnitude) : undefined;
      const parts = { a: values(names.a), b: values(names.b), magnitude };
      mergeAdapter(weight, parts, linears.get(module)!, adapter);
      return weight;
    });
  }
  return replaced;
}
