/** A model folder opened: what it is, and its weights under the names that its architecture uses. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { exists } from '../files/exists.ts';
import type { ExternalTensor } from '../tensor/graph.ts';
import { type Described, describe } from './architectures/index.ts';
import { buildScoringGraph, type WeightSpec } from './graphs/scoring-graph.ts';
import { refusePacked } from './packing.ts';
import { type Constants, folderConstants } from './weights/constants.ts';

export interface Model extends Described {
  readonly folder: string;
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly weights: Constants;
  readonly weightSpecs: readonly WeightSpec[];
  readonly parameters: number;
}

/** @throws UserError model/not-a-model, model/bad-config */
export async function readConfig(folder: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(join(folder, 'config.json'), 'utf8');
  } catch (cause) {
    throw new UserError('model/not-a-model', `${folder} has no config.json`, { cause });
  }
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch (cause) {
    throw new UserError('model/bad-config', `${folder}/config.json is not JSON`, { cause });
  }
  throw new UserError('model/bad-config', `${folder}/config.json is not an object`);
}

/** Whether the folder is one that `lathe quantize` or an export wrote. */
export const isQuantized = (folder: string): Promise<boolean> => exists(join(folder, 'lathe-weights.json'));

export interface OpenOptions {
  /** Read the weights as those of a model with this configuration instead of the folder's own: with another head. */
  readonly configJson?: Readonly<Record<string, unknown>>;
  /** Weights that are left out of `weights`, because they are still to be learnt. */
  readonly fresh?: (weight: WeightSpec) => boolean;
}

/**
 * Opens a Hugging Face folder.
 * @throws UserError weights/missing, weights/wrong-shape, model/packed, arguments/incompatible for a quantized folder and what reading the files gives
 */
export async function openModel(folder: string, options: OpenOptions = {}): Promise<Model> {
  if (await isQuantized(folder)) {
    throw new UserError('arguments/incompatible', `${folder} is quantized already: take the model it was made from`);
  }
  const configJson = options.configJson ?? (await readConfig(folder));
  refusePacked(configJson, folder);
  const stored = await folderConstants(folder);
  const described = describe(configJson, (tensor) => stored.has(tensor));
  const { weights: weightSpecs } = buildScoringGraph(described, 1);
  const known = weightSpecs.filter((spec) => !options.fresh?.(spec));
  const weights = new Map(known.map((spec) => [spec.name, find(stored, spec, folder)]));
  const parameters = weightSpecs.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
  return { ...described, folder, configJson, weights, weightSpecs, parameters };
}

const PREFIX = /^(transformer|model|bert|roberta|distilbert|gpt_neox)\./;

/** Bare models are saved without the prefix of the model with its head; early BERTs call norms gamma and beta. */
function* spellings(name: string): Generator<string> {
  yield name;
  yield name.replace(PREFIX, '');
  for (const prefix of ['model', 'bert', 'roberta', 'distilbert']) yield `${prefix}.${name}`;
}

function find(stored: Constants, { name, shape }: WeightSpec, folder: string): ExternalTensor {
  const old = name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');
  const names = [...spellings(name), ...(old === name ? [] : spellings(old))];
  const constant = names.map((spelling) => stored.get(spelling)).find((found) => found !== undefined);
  if (!constant) throw new UserError('weights/missing', `${folder} has no tensor ${name}`);
  if (constant.shape.length !== shape.length || constant.shape.some((d, i) => d !== shape[i])) {
    throw new UserError('weights/wrong-shape', `${name} is [${constant.shape}], the configuration needs [${shape}]`);
  }
  return constant;
}
