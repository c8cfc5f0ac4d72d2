/** Writes a pruned model: the new list of weights, each a cut of a stored one, taken one at a time. */
import { describe } from '../../models/architectures/index.ts';
import { buildScoringGraph } from '../../models/graphs/scoring-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import type { PruneOptions } from './schema.ts';
import { type Cut, select } from './select.ts';

export interface PrunedModel {
  /** The new config.json; absent: unchanged. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Name of the stored weight that a new one is made of; default its own. */
  readonly source?: (name: string) => string;
  readonly cuts?: ReadonlyMap<string, readonly Cut[]>;
  /** Changes a weight's values. */
  readonly change?: ReadonlyMap<string, (values: Float32Array) => Float32Array>;
  /** Further files, written last. */
  readonly also?: (folder: string) => Promise<void>;
}

/** @returns the number of parameters written */
export async function writePruned(
  out: string,
  model: Model,
  options: PruneOptions,
  { config, source = (name) => name, cuts, change, also }: PrunedModel,
): Promise<number> {
  const described = config ? describe(config, (name) => model.weights.has(name)) : model;
  const { weights: specs } = buildScoringGraph(described, 1);
  const weights = new Map(specs.map(({ name }) => [name, model.weights.get(source(name))!]));
  const replaced = new Map<string, () => Promise<Float32Array>>();
  for (const { name, shape } of specs) {
    const stored = weights.get(name);
    if (!stored) throw new Error(`the pruned model has a weight ${name} that the model has not`);
    const wanted = cuts?.get(name);
    const work = change?.get(name);
    const left = [...stored.shape];
    for (const { axis, keep } of wanted ?? []) left[axis] = keep.length;
    if (left.join() !== shape.join()) throw new Error(`${name} is [${left}] after pruning, not [${shape}]`);
    if (!wanted && !work) continue;
    replaced.set(name, async () => {
      let values = await readFloats(stored);
      const now = [...stored.shape];
      for (const cut of wanted ?? []) {
        values = select(values, now, cut);
        now[cut.axis] = cut.keep.length;
      }
      return work ? work(values) : values;
    });
  }
  const target: Model = { ...model, ...described, weightSpecs: specs, weights };
  const step = nextStep('prune', options);
  await writeModelFolder(out, target, { replaced, step, ...(config ? { config } : {}), also });
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
