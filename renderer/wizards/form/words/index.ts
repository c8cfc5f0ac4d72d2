/** The words of every technique's settings. */

import { adapt } from './adapt.ts';
import { distill } from './distill.ts';
import { exporting } from './export.ts';
import type { TechniqueWords } from './field-words.ts';
import { finetune } from './finetune.ts';
import { optimize } from './optimize.ts';
import { profile } from './profile.ts';
import { prune } from './prune.ts';
import { quantize } from './quantize.ts';
import { transfer } from './transfer.ts';

export type { FieldWords } from './field-words.ts';

/** By technique; `*` holds for all. */
export const WORDS: Readonly<Record<string, TechniqueWords>> = {
  '*': {
    seed: { help: 'The same seed gives the same result.' },
    threads: { unit: 'threads' },
    device: {
      label: 'Computes on',
      choices: { cpu: 'Processor', webgpu: 'WebGPU', dml: 'DirectML', coreml: 'Core ML', cuda: 'CUDA' },
    },
  },
  finetune,
  adapt,
  distill,
  quantize,
  transfer,
  prune,
  optimize,
  profile,
  export: exporting,
};
