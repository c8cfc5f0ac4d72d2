/** Folders of adaptive decoders: the model as it is, `exits.safetensors` with map, gate and short list, `adaptive.json`. */
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import type { Exits } from '../../generate/adaptive-decoder.ts';
import { EXITS_FILE, NOTE_FILE } from '../../models/adaptive-note.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../models/lineage.ts';
import { isQuantized, openModel } from '../../models/model.ts';
import type { StoredModel } from '../../models/stored.ts';
import { writeSafetensors } from '../../models/weights/safetensors-writer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import type { TokenPolicy } from './decoder-policy.ts';
import type { Guarantee } from './exit-report.ts';

export interface DecoderNote {
  readonly version: 1;
  readonly kind: 'decoder';
  readonly layers: number;
  readonly thresholds: TokenPolicy;
  readonly gateSlack: number;
  /** From careful to fast: all that keep the promise with this exit. */
  readonly dial: readonly (TokenPolicy & { readonly cost: number; readonly loss: number })[];
  readonly guarantee: Guarantee;
  /** It was measured to be faster than the whole model. */
  readonly worthwhile: boolean;
}

/** @throws UserError disk/full, file/* */
export async function writeDecoderExits(
  out: string,
  model: StoredModel,
  exits: Exits,
  note: DecoderNote,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const step = nextStep('adapt', options);
  const also = (folder: string) => writeExits(folder, exits, note, model.config.width);
  if (!(await isQuantized(model.folder))) {
    await writeModelFolder(out, await openModel(model.folder), { step, also });
    return;
  }
  const lineage = withStep(await readLineage(model.folder), step);
  await writeFolderAtomically(out, async (temporary) => {
    await copyStored(model.folder, temporary);
    await also(temporary);
    await writeJsonAtomically(join(temporary, LINEAGE_FILE), lineage);
  });
}

/** The files of a model, float or quantized; not what other programs or checkpoints keep in folders beside them. */
export async function copyStored(from: string, to: string): Promise<void> {
  const quantized = await isQuantized(from);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (entry.isDirectory() && !(quantized && entry.name === 'onnx')) continue;
    await cp(join(from, entry.name), join(to, entry.name), { recursive: true, dereference: true });
  }
}

async function writeExits(folder: string, { map, gate, list }: Exits, note: DecoderNote, width: number): Promise<void> {
  const floats = (name: string, shape: readonly number[], values: Float32Array) =>
    ({ name, dtype: 'float32', shape, produce: () => values as never }) as const;
  await writeSafetensors(join(folder, EXITS_FILE), [
    floats('exit.weight', [width, width], map.weight),
    floats('exit.bias', [width], map.bias),
    floats('gate.weight', [width], gate.weight),
    floats('gate.bias', [1], Float32Array.of(gate.bias)),
    {
      name: 'shortlist.tokens',
      dtype: 'int32',
      shape: [list.tokens.length],
      produce: () => Int32Array.from(list.tokens),
    },
  ]);
  await writeJsonAtomically(join(folder, NOTE_FILE), note);
}
