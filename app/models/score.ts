/** What a model returns for whole sequences: every position at once, without a cache. */
import { UserError } from '../contract/errors.ts';
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { lower } from '../tensor/lower.ts';
import { int64, type Tensor, tensor } from '../tensor/tensor.ts';
import type { DecoderConfig } from './architectures/architecture.ts';
import type { Task } from './architectures/task.ts';
import { buildScoringGraph } from './graphs/scoring-graph.ts';
import type { Model } from './model.ts';
import { readFloats } from './weights/constants.ts';

export interface ScoreOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** Named as transformers names them; int32 or int64. */
export interface ModelInputs {
  /** [batch, length] */
  readonly input_ids: Tensor;
  /** As input_ids; tokens where it is 0 are seen by nobody. */
  readonly attention_mask?: Tensor;
  readonly token_type_ids?: Tensor;
  /** [batch, decoder length], for encoder-decoders. */
  readonly decoder_input_ids?: Tensor;
}

/**
 * @returns under transformers' names, float32: `logits` [batch, length, vocabulary] or [batch, labels] and
 *   `encoder_last_hidden_state`; for tokens' labels `logits` [batch, length, labels]; or `last_hidden_state` [batch, length, width] and `pooler_output` [batch, width]
 * @throws UserError arguments/invalid where decoder_input_ids are missing
 */
export async function runModel(
  model: Model,
  inputs: ModelInputs,
  options: ScoreOptions = {},
): Promise<Record<string, Tensor>> {
  const { config, task } = model;
  const [batch, length] = inputs.input_ids.shape;
  const decoder = model.architecture.kind === 'encoder-decoder' ? inputs.decoder_input_ids : undefined;
  if (model.architecture.kind === 'encoder-decoder' && !decoder) {
    throw new UserError('arguments/invalid', 'an encoder-decoder needs decoder_input_ids [batch, length]');
  }
  const { graph } = buildScoringGraph(model, Math.max(length, decoder?.shape[1] ?? 0));
  const session = await openSession(encodeModel(lower(graph)), { threads: options.threads, prepack: false });
  try {
    const feeds = { ...textFeeds(inputs, config), ...(decoder ? decoderFeeds(decoder) : {}) };
    const asked = decoder?.shape[1] ?? length;
    const mask = Array.from((feeds.segment_ids.data as BigInt64Array) ?? [], Number);
    const everyToken = task.kind === 'next-token' || task.kind === 'token-classification';
    if (everyToken) feeds.rows = int64([batch * asked], [...Array(batch * asked).keys()]);
    else
      Object.assign(feeds, poolingFeeds(task.kind === 'classification' ? task.pooling : 'first', mask, batch, length));
    for (const [name, constant] of model.weights) {
      feeds[name] = tensor('float32', constant.shape, await readFloats(constant));
    }
    const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputs.includes(name)));
    const results = await session.run(used, session.outputs, options);
    const shapes: Record<string, readonly number[]> = {
      logits: everyToken ? [batch, asked, labelsOf(task) ?? config.vocabulary] : [batch, labelsOf(task) ?? 0],
      last_hidden_state: [batch, length, config.width],
      encoder_last_hidden_state: [batch, length, config.width],
      pooler_output: [batch, config.width],
    };
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, tensor('float32', shapes[name], data)]),
    );
  } finally {
    session.dispose();
  }
}

const labelsOf = (task: Task): number | undefined => ('labels' in task ? task.labels : undefined);

/**
 * Logits of a decoder.
 * @param ids int32 or int64 [batch, length]
 * @param mask same shape; tokens where it is 0 are seen by nobody
 * @returns float32 [batch, length, vocabulary]
 */
export async function scoreSequences(
  model: Model,
  ids: Tensor,
  mask: Tensor | undefined,
  options: ScoreOptions = {},
): Promise<Tensor> {
  return (await runModel(model, { input_ids: ids, attention_mask: mask }, options)).logits;
}

const numbers = (x: Tensor): number[] => Array.from(x.data as Int32Array, Number);

function textFeeds(inputs: ModelInputs, config: DecoderConfig): Record<string, Tensor> {
  const { input_ids: ids, attention_mask: mask, token_type_ids: types } = inputs;
  const [batch, length] = ids.shape;
  const count = batch * length;
  const shape = [batch, length];
  return {
    input_ids: int64(shape, numbers(ids)),
    position_ids: int64(shape, positionsOf(numbers(ids), batch, length, config)),
    segment_ids: int64(shape, mask ? numbers(mask) : new Array<number>(count).fill(1)),
    token_type_ids: int64(shape, types ? numbers(types) : new Array<number>(count).fill(0)),
  };
}

function positionsOf(ids: readonly number[], batch: number, length: number, { positionsSkip }: DecoderConfig) {
  if (positionsSkip === undefined) return ids.map((_, i) => i % length);
  const positions: number[] = [];
  for (let row = 0; row < batch; row++) {
    let next = 0;
    for (const id of ids.slice(row * length, (row + 1) * length)) positions.push(id === positionsSkip ? -1 : next++);
  }
  return positions;
}

function decoderFeeds(ids: Tensor): Record<string, Tensor> {
  const [batch, length] = ids.shape;
  const shape = [batch, length];
  return {
    decoder_input_ids: int64(shape, numbers(ids)),
    decoder_position_ids: int64(
      shape,
      Array.from({ length: batch * length }, (_, i) => i % length),
    ),
    decoder_segment_ids: int64(shape, new Array<number>(batch * length).fill(1)),
  };
}

/** Which tokens stand for each text: `rows`, and `pooling` for their mean. */
function poolingFeeds(pooling: string, mask: readonly number[], batch: number, length: number): Record<string, Tensor> {
  const rows: number[] = [];
  const shares = new Float32Array(batch * batch * length);
  for (let row = 0; row < batch; row++) {
    const seen = [...Array(length).keys()].filter((t) => mask[row * length + t] !== 0);
    rows.push(row * length + (pooling === 'last' ? (seen.at(-1) ?? 0) : 0));
    for (const t of seen) shares[row * batch * length + row * length + t] = 1 / seen.length;
  }
  return { rows: int64([batch], rows), pooling: tensor('float32', [batch, batch * length], shares) };
}
