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
import type { Starts } from './starts.ts';

export interface Trained {
  readonly selection: Selection;
  readonly weights: readonly WeightSpec[];
  values(name: string): Float32Array;
}

function describe(data: TrainingData): Record<string, unknown> {
  if ('tokens' in data) return { data: resolve(data.tokens) };
  const { path, parts } = data;
  if (!parts) return { data: resolve(path) };
  return { data: parts.map((part) => resolve(part.path)), mix: parts.map(({ weight }) => weight) };
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
    step: nextStep('finetune', { ...options, ...describe(data) }),
    replaced: replacedWeights(model, { selection, weights, values }),
    also: async (temporary) => {
      if (!modules) return;
      const plain = selection.starts
        ? await plainAdapter(selection.starts, modules, weights, values)
        : { modules, weights, values };
      const growth = selection.starts ? 2 : 1;
      await writeAdapterFolder(`${temporary}/adapter`, {
        base: model.folder,
        answers: model.architecture.kind === 'encoder-decoder',
        rank: given?.config.r ?? options.rank * growth,
        alpha: given?.config.lora_alpha ?? options.alpha * (options.rslora ? Math.sqrt(growth) : growth),
        dropout: options.dropout,
        rankStabilised: given?.config.use_rslora ?? options.rslora,
        linears,
        ...plain,
        whole,
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
      await selection.starts?.takeOut(module, weight);
      const names = adapterNames(module);
      const magnitude = adapter.magnitude ? values(names.magnitude) : undefined;
      const parts = { a: values(names.a), b: values(names.b), magnitude };
      mergeAdapter(weight, parts, linears.get(module)!, adapter);
      return weight;
    });
  }
  return replaced;
}

/**
 * An adapter that began at a part of the weights as one for the weights as they are: what was taken out is subtracted by as many
 * more ranks, so that any program can add it to the model.
 */
async function plainAdapter(
  starts: Starts,
  modules: NonNullable<Selection['modules']>,
  weights: readonly WeightSpec[],
  values: (name: string) => Float32Array,
) {
  const doubled = new Map<string, Float32Array>();
  const shapes = new Map<string, readonly number[]>();
  for (const [module, { rank }] of modules) {
    const [names, start] = [adapterNames(module), await starts.of(module)];
    const { inputs, outputs } = starts.linears.get(module)!;
    const a = new Float32Array(2 * rank * inputs);
    a.set(values(names.a));
    a.set(start.a, rank * inputs);
    const b = new Float32Array(outputs * 2 * rank);
    const own = values(names.b);
    for (let o = 0; o < outputs; o++) {
      for (let r = 0; r < rank; r++) {
        b[o * 2 * rank + r] = own[o * rank + r];
        b[o * 2 * rank + rank + r] = -start.b[o * rank + r];
      }
    }
    doubled.set(names.a, a).set(names.b, b);
    shapes.set(names.a, [2 * rank, inputs]).set(names.b, [outputs, 2 * rank]);
  }
  return {
    modules: new Map([...modules].map(([module, spec]) => [module, { ...spec, rank: 2 * spec.rank }])),
    weights: weights.map(({ name, shape }) => ({ name, shape: shapes.get(name) ?? shape })),
    values: (name: string) => doubled.get(name) ?? values(name),
  };
}
