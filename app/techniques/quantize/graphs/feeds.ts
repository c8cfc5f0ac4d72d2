/** What a graph is fed for calibrating and comparing: windows of text, or inputs by name from a safetensors file. */
import { UserError } from '../../../contract/errors.ts';
import { loadTokenizer } from '../../../models/tokenizer.ts';
import { readConstant, safetensorsConstants } from '../../../models/weights/constants.ts';
import type { Graph } from '../../../tensor/graph.ts';
import { int64, type Tensor, tensor } from '../../../tensor/tensor.ts';
import { calibrationText, SAMPLE } from '../calibration-text.ts';
import type { Feeds } from './activations.ts';
import { closesTexts, wholeTexts } from './whole-texts.ts';

export interface FeedsRequest {
  /** Text, data set, or safetensors with a tensor [examples, …] for each input; absent: a sample text. */
  readonly file?: string;
  readonly format?: string;
  /** Folder of the tokenizer. */
  readonly folder: string;
  /** Longest text that the model takes. */
  readonly longest: number;
  readonly tokens: number;
}

/** Examples of tensors that are looked at, and texts. */
const [EXAMPLES, TEXTS] = [32, 256];
const LENGTH = 128;
const TEXT_INPUTS: ReadonlySet<string> = new Set(['input_ids', 'attention_mask', 'token_type_ids', 'position_ids']);

/**
 * A feed for each of the first examples, or of texts from everywhere. Undefined where nothing was given and the graph does not read text.
 * @throws UserError arguments/invalid, dataset/*, tokenizer/*, file/*
 */
export async function feedsFor(graph: Graph, request: FeedsRequest): Promise<Feeds[] | undefined> {
  const names = graph.inputs.map(({ name }) => name);
  if (request.file?.endsWith('.safetensors')) return readFeeds(request.file, names);
  if (!names.includes('input_ids') || !names.every((name) => TEXT_INPUTS.has(name))) {
    if (request.file === undefined) return undefined;
    throw new UserError('arguments/invalid', `this model reads ${names.join(', ')}: give them in a safetensors file`);
  }
  return (await idsFor({ ...request, longest: Math.min(LENGTH, request.longest) })).map((ids) => {
    const shape = [1, ids.length];
    const all: Record<string, Tensor> = {
      input_ids: int64(shape, ids),
      attention_mask: int64(shape, new Array<number>(ids.length).fill(1)),
      token_type_ids: int64(shape, new Array<number>(ids.length).fill(0)),
      position_ids: int64(shape, [...ids.keys()]),
    };
    return Object.fromEntries(names.map((name) => [name, all[name]]));
  });
}

/** Whole texts for a model that reads them framed, else windows of one stream. */
async function idsFor({ file, ...request }: FeedsRequest): Promise<readonly Int32Array[]> {
  const tokenizer = await loadTokenizer(request.folder);
  if (closesTexts(tokenizer)) return wholeTexts(tokenizer, { ...request, file: file ?? SAMPLE, count: TEXTS });
  const text = { ...request, file, reserved: { tokens: 0, rows: 0 } };
  return (await calibrationText(request.folder, text)).windows;
}

async function readFeeds(file: string, names: readonly string[]): Promise<Feeds[]> {
  const constants = await safetensorsConstants(file);
  const inputs = new Map<string, Tensor>();
  for (const name of names) {
    const constant = constants.get(name);
    if (!constant) throw new UserError('arguments/invalid', `${file} has no ${name}, which the model reads`);
    inputs.set(name, await readConstant(constant));
  }
  const counts = new Set([...inputs.values()].map(({ shape }) => shape[0]));
  const [count] = counts;
  if (counts.size !== 1 || !count) {
    throw new UserError('arguments/invalid', `the inputs in ${file} have different numbers of examples, or none`);
  }
  return Array.from({ length: Math.min(count, EXAMPLES) }, (_, i) =>
    Object.fromEntries(
      [...inputs].map(([name, { dtype, shape, data }]) => {
        const size = data.length / count;
        return [name, tensor(dtype, [1, ...shape.slice(1)], data.slice(i * size, (i + 1) * size) as typeof data)];
      }),
    ),
  );
}
