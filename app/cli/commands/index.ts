/** All commands, in the order of `lathe --help`. A new one is a new file and a line here. */
import type { Command } from '../command.ts';
import { datasetsCheck } from './datasets-check.ts';
import { finetune } from './finetune.ts';
import { logits } from './logits.ts';
import { profile } from './profile.ts';
import { render } from './render.ts';
import { tokenize } from './tokenize.ts';

export const COMMANDS: readonly Command[] = [datasetsCheck, finetune, profile, tokenize, render, logits];
