/** All commands, in the order of `lathe --help`. A new one is a new file and a line here. */
import type { Command } from '../command.ts';
import { adapt } from './adapt.ts';
import { api } from './api.ts';
import { chat } from './chat.ts';
import { classify } from './classify.ts';
import { datasetsCheck } from './datasets-check.ts';
import { distill } from './distill.ts';
import { embed } from './embed.ts';
import { evaluate } from './eval.ts';
import { exportCommand } from './export.ts';
import { finetune } from './finetune.ts';
import { generate } from './generate.ts';
import { hardware } from './hardware.ts';
import { imatrix } from './imatrix.ts';
import { learningRate } from './learning-rate.ts';
import { logits } from './logits.ts';
import { modelsImport, modelsList, modelsRemove, modelsShow } from './models.ts';
import { modelsGet, modelsSearch } from './models-hub.ts';
import { modelsMerge } from './models-merge.ts';
import { optimize } from './optimize.ts';
import { profile } from './profile.ts';
import { prune } from './prune.ts';
import { quantize } from './quantize.ts';
import { render } from './render.ts';
import { run } from './run.ts';
import { serveCommand } from './serve.ts';
import { tokenize } from './tokenize.ts';
import { transfer } from './transfer.ts';

export const COMMANDS: readonly Command[] = [
  hardware,
  modelsGet,
  modelsSearch,
  modelsImport,
  modelsList,
  modelsShow,
  modelsRemove,
  modelsMerge,
  datasetsCheck,
  finetune,
  learningRate,
  distill,
  prune,
  transfer,
  quantize,
  imatrix,
  optimize,
  adapt,
  evaluate,
  classify,
  embed,
  generate,
  chat,
  profile,
  exportCommand,
  run,
  serveCommand,
  api,
  tokenize,
  render,
  logits,
];
