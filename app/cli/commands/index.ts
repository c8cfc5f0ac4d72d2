/** All commands, in the order of `lathe --help`. A new one is a new file and a line here. */
import type { Command } from '../command.ts';
import { logits } from './logits.ts';
import { render } from './render.ts';
import { tokenize } from './tokenize.ts';

export const COMMANDS: readonly Command[] = [tokenize, render, logits];
