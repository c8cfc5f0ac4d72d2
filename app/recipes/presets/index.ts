/** What wizards show of each technique besides its settings. A new technique is a line here and a file of presets. */
import type { Preset, TechniqueInfo } from '../../contract/techniques.ts';
import { adapt } from './adapt.ts';
import { distill } from './distill.ts';
import { finetune } from './finetune.ts';
import { optimize } from './optimize.ts';
import { profile } from './profile.ts';
import { prune } from './prune.ts';
import { quantize } from './quantize.ts';
import { transfer } from './transfer.ts';

export type TechniqueWords = Pick<TechniqueInfo, 'name' | 'title' | 'group' | 'data'> & {
  readonly presets: readonly Preset[];
};

/** In the order of the sidebar. One whose command is not there yet is not shown. */
export const TECHNIQUES: readonly TechniqueWords[] = [
  { name: 'finetune', title: 'Fine-tune', group: 'tune', data: 'required', presets: finetune },
  { name: 'transfer', title: 'Transfer', group: 'tune', data: 'required', presets: transfer },
  { name: 'distill', title: 'Distil', group: 'tune', data: 'required', presets: distill },
  { name: 'prune', title: 'Prune', group: 'shrink', data: 'optional', presets: prune },
  { name: 'quantize', title: 'Quantize', group: 'shrink', data: 'optional', presets: quantize },
  { name: 'optimize', title: 'Speed up', group: 'run', data: 'none', presets: optimize },
  { name: 'adapt', title: 'Adapt', group: 'run', data: 'required', presets: adapt },
  { name: 'profile', title: 'Profile', group: 'run', data: 'none', presets: profile },
  { name: 'export', title: 'Export', group: 'run', data: 'none', presets: [] },
];
