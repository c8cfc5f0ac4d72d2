/** Folders of adaptive decoders: the model as it is, `exits.safetensors` with map and short list, `adaptive.json`. */
import { join } from 'node:path';
import { writeJsonAtomically } from '../../files/atomic.ts';
import type { Exits } from '../../generate/adaptive-decoder.ts';
import { EXITS_FILE, NOTE_FILE } from '../../models/adaptive-note.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { writeSafetensors } from '../../models/weights/safetensors-writer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import type { TokenPolicy } from './decoder-policy.ts';
import type { Guarantee } from './exit-report.ts';

export interface DecoderNote {
  readonly version: 1;
  readonly kind: 'decoder';
  readonly layers: number;
  readonly thresholds: TokenPolicy;
  /** From careful to fast: all that keep the promise with this exit. */
  readonly dial: readonly (TokenPolicy & { readonly cost: number; readonly loss: number })[];
  readonly guarantee: Guarantee;
  /** It was measured to be faster than the whole model. */
  readonly worthwhile: boolean;
}

/** @throws UserError disk/full, file/* */
export async function writeDecoderExits(
  out: string,
  model: Model,
  exits: Exits,
  note: DecoderNote,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { width } = model.config;
  await writeModelFolder(out, model, {
    step: nextStep('adapt', options),
    also: async (folder) => {
      await writeSafetensors(join(folder, EXITS_FILE), [
        { name: 'exit.weight', dtype: 'float32', shape: [width, width], produce: () => exits.map.weight as never },
        { name: 'exit.bias', dtype: 'float32', shape: [width], produce: () => exits.map.bias as never },
        {
          name: 'shortlist.tokens',
          dtype: 'int32',
          shape: [exits.tokens.length],
          produce: () => Int32Array.from(exits.tokens),
        },
      ]);
      await writeJsonAtomically(join(folder, NOTE_FILE), note);
    },
  });
}
