/** All wizards, in the order of the sidebar. A new one is a folder and a line here. */
import type { WizardFeature } from '../app/feature.ts';
import { adapt } from './adapt/index.ts';
import { distill } from './distill/index.ts';
import { exportWizard } from './export/index.ts';
import { finetune } from './finetune/index.ts';
import { profile } from './profile/index.ts';
import { prune } from './prune/index.ts';
import { quantize } from './quantize/index.ts';
import { speedup } from './speedup/index.ts';
import { transfer } from './transfer/index.ts';

export const wizards: readonly WizardFeature[] = [
  finetune,
  transfer,
  distill,
  prune,
  quantize,
  speedup,
  adapt,
  profile,
  exportWizard,
];
