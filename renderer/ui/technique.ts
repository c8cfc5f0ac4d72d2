/** The icon and the word of each thing that can be done to a model. */
import type { IconName } from './icons.tsx';

const KNOWN: Readonly<Record<string, readonly [IconName, string]>> = {
  finetune: ['tune', 'Fine-tune'],
  transfer: ['transfer', 'Transfer'],
  distill: ['distil', 'Distil'],
  prune: ['prune', 'Prune'],
  quantize: ['quant', 'Quantize'],
  optimize: ['speed', 'Speed up'],
  adapt: ['adapt', 'Adapt'],
  profile: ['gauge', 'Profile'],
  evaluate: ['gauge', 'Evaluate'],
  eval: ['gauge', 'Evaluate'],
  export: ['export', 'Export'],
  import: ['models', 'Import'],
  download: ['models', 'Download'],
  get: ['models', 'Download'],
};

export const techniqueIcon = (technique: string | undefined): IconName => KNOWN[technique ?? '']?.[0] ?? 'models';
export const techniqueName = (technique: string | undefined): string =>
  KNOWN[technique ?? '']?.[1] ?? technique ?? 'Base';
