/** Writes a model folder from an opened model, some of its weights replaced; the others go from file to file. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '../contract/errors.ts';
import { writeFolderAtomically, writeJsonAtomically } from '../files/atomic.ts';
import type { DType, TypedArray } from '../tensor/dtype.ts';
import { encodeBfloat16, encodeFloat16 } from '../tensor/half.ts';
import { LINEAGE_FILE, type LineageStep, readLineage, withStep } from './lineage.ts';
import type { Model } from './model.ts';
import { copySentenceFiles } from './sentence-files.ts';
import { readConstant, readFloats } from './weights/constants.ts';
import { type TensorToWrite, writeShards } from './weights/safetensors-writer.ts';

/** Files that belong to a model whatever its weights are. */
const COMPANIONS =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|merges|chat_template)\.(json|txt|jinja)$|^tokenizer\.model$|^LICEN[CS]E/;

export async function copyCompanions(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) if (COMPANIONS.test(name)) await copyFile(join(from, name), join(to, name));
}

export type FloatType = 'float32' | 'float16' | 'bfloat16';

export function encodeFloats(values: Float32Array, dtype: FloatType): TypedArray {
  switch (dtype) {
    case 'float32':
      return values;
    case 'float16':
      return encodeFloat16(values);
    case 'bfloat16':
      return encodeBfloat16(values);
    default:
      return assertNever(dtype);
  }
}

export interface WriteFolderOptions {
  /** New values of weights, asked for one at a time. */
  readonly replaced?: ReadonlyMap<string, () => Promise<Float32Array> | Float32Array>;
  /** Store floating-point weights in this type; default: each as it was. */
  readonly dtype?: FloatType;
  readonly step: LineageStep;
  /** Further files, written into the folder before it appears. */
  readonly also?: (folder: string) => Promise<void>;
  readonly config?: Readonly<Record<string, unknown>>;
}

const FLOATS: readonly DType[] = ['float32', 'float16', 'bfloat16'];

/** @throws UserError disk/full, file/not-allowed, file/exists; the folder appears whole or not at all */
export async function writeModelFolder(folder: string, model: Model, options: WriteFolderOptions): Promise<void> {
  const lineage = withStep(await readLineage(model.folder), options.step);
  const entries: TensorToWrite[] = model.weightSpecs.map(({ name, shape }) => {
    const stored = model.weights.get(name);
    const kept = stored && FLOATS.includes(stored.dtype) ? (stored.dtype as FloatType) : 'float32';
    const dtype = options.dtype ?? kept;
    const fresh = options.replaced?.get(name);
    return {
      name,
      dtype,
      shape,
      async produce() {
        if (fresh) return encodeFloats(await fresh(), dtype);
        if (!stored) throw new Error(`nobody gave values for ${name}`);
        if (dtype === stored.dtype) return (await readConstant(stored)).data;
        return encodeFloats(await readFloats(stored), dtype);
      },
    };
  });
  await writeFolderAtomically(folder, async (temporary) => {
    await copyCompanions(model.folder, temporary);
    if (model.task.kind === 'hidden-states') await copySentenceFiles(model.folder, temporary, model.config.width);
    if (options.config) await writeJsonAtomically(join(temporary, 'config.json'), options.config);
    await writeShards(temporary, entries);
    await options.also?.(temporary);
    await writeJsonAtomically(join(temporary, LINEAGE_FILE), lineage);
  });
}
