/** Adapters that were kept apart, added to a model: one after the other, each as loud as asked for. */
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { type Adapter, readAdapter } from '../../models/adapter.ts';
import { adapterNames } from '../../models/graphs/adapter.ts';
import { buildLossGraph } from '../../models/graphs/training-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { mergeAdapter } from './lora.ts';
import { assertFits } from './selection.ts';

export interface AdapterToMerge {
  readonly folder: string;
  /** How much it counts; 1 is what it was trained as. */
  readonly weight: number;
}

/**
 * Writes `out`: W + sum of weight * scale * B A, tensor by tensor. An adapter of DoRA goes alone and counts 1, for the lengths it
 * learnt hold for just its own sum.
 * @throws UserError adapter/other-base, arguments/incompatible, file/*, disk/full
 */
export async function mergeAdapters(model: Model, adapters: readonly AdapterToMerge[], out: string): Promise<void> {
  const { linears } = buildLossGraph(model, { maxLength: 8, trains: () => false }).kit;
  const read: { readonly adapter: Adapter; readonly weight: number }[] = [];
  for (const { folder, weight } of adapters) {
    const adapter = await readAdapter(folder);
    assertFits(adapter, linears, model.folder);
    if (adapter.config.use_dora && (adapters.length > 1 || weight !== 1)) {
      throw new UserError('arguments/incompatible', `${folder} is a DoRA adapter: it is merged alone, with weight 1`);
    }
    if (adapter.whole.size > 0 && adapters.length > 1) {
      throw new UserError('arguments/incompatible', `${folder} brings whole layers of its own: it is merged alone`);
    }
    read.push({ adapter, weight });
  }
  const replaced = new Map<string, () => Promise<Float32Array>>();
  for (const module of new Set(read.flatMap(({ adapter }) => [...adapter.modules.keys()]))) {
    replaced.set(`${module}.weight`, async () => {
      const values = await readFloats(model.weights.get(`${module}.weight`)!);
      const names = adapterNames(module);
      for (const { adapter, weight } of read) {
        const spec = adapter.modules.get(module);
        if (!spec) continue;
        const floats = (name: string) => readFloats(adapter.weights.get(name)!);
        const magnitude = spec.magnitude ? await floats(names.magnitude) : undefined;
        const parts = { a: await floats(names.a), b: await floats(names.b), magnitude };
        mergeAdapter(values, parts, linears.get(module)!, { ...spec, scale: spec.scale * weight });
      }
      return values;
    });
  }
  for (const { adapter } of read) {
    for (const name of adapter.whole) replaced.set(name, () => readFloats(adapter.weights.get(name)!));
  }
  const merged = adapters.map(({ folder, weight }) => ({ adapter: resolve(folder), weight }));
  await writeModelFolder(out, model, { replaced, step: nextStep('merge', { adapters: merged }) });
}
