/**
 * A model ready to extend a sequence: keys and values stay in buffers of the full length that the runtime reads and
 * writes in place, and logits are computed only where they are asked for.
 */
import { dirname, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import { buildDecodingGraph } from '../models/graphs/decoding-graph.ts';
import type { StoredModel } from '../models/stored.ts';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { openSession } from '../runtime/open.ts';
import type { Binding, OperatorTime, Session } from '../runtime/session.ts';
import { isExternal } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';
import { type Tensor, tensor, zeros } from '../tensor/tensor.ts';

export interface DecoderOptions {
  readonly threads?: number;
  /** Longest sequence, prompt and answer; default the model's own limit, at most 4,096. */
  readonly maxLength?: number;
  readonly profile?: boolean;
  readonly spin?: boolean;
  /** Names of graph fusions to leave out. */
  readonly withoutFusions?: readonly string[];
}

export class Decoder {
  readonly model: StoredModel;
  readonly maxLength: number;
  readonly implementation: Session['implementation'];
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #last = new Int32Array(1);
  readonly #total = new Int32Array(1);
  readonly #one: StepTensors;
  /** Tokens in the cache. */
  length = 0;

  private constructor(model: StoredModel, session: Session, maxLength: number) {
    this.model = model;
    this.maxLength = maxLength;
    this.#session = session;
    this.implementation = session.implementation;
    this.#binding = session.bind();
    const { config } = model;
    for (let layer = 0; layer < config.layers; layer++) {
      for (const part of ['key', 'value'] as const) {
        const cache = zeros('float32', [1, config.keyValueHeads, maxLength, config.headDim]);
        this.#binding.input(pastName(layer, part), cache).output(presentName(layer, part), cache);
      }
    }
    this.#binding.input('last_position', tensor('int32', [1], this.#last));
    this.#binding.input('total_length', tensor('int32', [], this.#total));
    this.#one = this.#stepTensors(1, 1);
  }

  /** @throws UserError runtime/failed */
  static async open(model: StoredModel, options: DecoderOptions = {}): Promise<Decoder> {
    const limit = Math.min(model.config.maxLength, 4096);
    const maxLength = Math.min(options.maxLength ?? limit, model.config.maxLength);
    const graph = fuse(
      lower(buildDecodingGraph(model, { ...model, maxLength, lengths: 'lengths' })),
      options.withoutFusions,
    );
    const external = [...graph.constants.values()].find(isExternal);
    const folder = external ? dirname(resolve(external.file)) : undefined;
    const bytes = encodeModel(graph, { place: folder === undefined ? undefined : placeInFiles(folder) });
    const session = await openSession(bytes, {
      threads: options.threads,
      dataFolder: folder,
      profile: options.profile,
      spin: options.spin,
    });
    return new Decoder(model, session, maxLength);
  }

  #stepTensors(count: number, rows: number): StepTensors {
    return {
      ids: tensor('int64', [1, count], new BigInt64Array(count)),
      positions: tensor('int64', [1, count], new BigInt64Array(count)),
      rows: tensor('int64', [rows], new BigInt64Array(rows)),
      logits: zeros('float32', [rows, this.model.config.vocabulary]),
    };
  }

  /**
   * Adds tokens to the sequence.
   * @param wanted which of the new tokens get logits; default the last
   * @returns logits, float32 [wanted, vocabulary]; overwritten by the next call with one token
   * @throws UserError arguments/invalid when the sequence would be longer than `maxLength`
   */
  async extend(ids: ArrayLike<number>, wanted?: ArrayLike<number>, signal?: AbortSignal): Promise<Tensor> {
    const rows = wanted ?? [ids.length - 1];
    const step = ids.length === 1 && rows.length === 1 ? this.#one : this.#stepTensors(ids.length, rows.length);
    this.#prepare(step, ids, rows);
    await this.#binding.run({ signal });
    this.length += ids.length;
    return step.logits;
  }

  /** `extend` by one token, holding the event loop: saves the hand-over to another thread. */
  extendSync(id: number): Tensor {
    if (this.implementation === 'javascript') throw new Error('the JavaScript binding has no synchronous run');
    this.#prepare(this.#one, [id], [0]);
    this.#binding.runSync();
    this.length += 1;
    return this.#one.logits;
  }

  #prepare(step: StepTensors, ids: ArrayLike<number>, rows: ArrayLike<number>): void {
    const end = this.length + ids.length;
    if (end > this.maxLength) {
      throw new UserError('arguments/invalid', `${end} tokens do not fit the context of ${this.maxLength}`);
    }
    const tokens = step.ids.data as BigInt64Array;
    const positions = step.positions.data as BigInt64Array;
    for (let i = 0; i < ids.length; i++) {
      tokens[i] = BigInt(ids[i]);
      positions[i] = BigInt(this.length + i);
    }
    const wanted = step.rows.data as BigInt64Array;
    for (let i = 0; i < rows.length; i++) wanted[i] = BigInt(rows[i]);
    this.#last[0] = end - 1;
    this.#total[0] = end;
    this.#binding.input('input_ids', step.ids).input('rows', step.rows).output('logits', step.logits);
    if (this.#session.inputs.includes('position_ids')) this.#binding.input('position_ids', step.positions);
  }

  /** Forgets everything after the first `length` tokens. */
  rewind(length = 0): void {
    if (length > this.length) throw new Error(`cannot rewind ${this.length} tokens to ${length}`);
    this.length = length;
  }

  operatorTimes(): OperatorTime[] {
    return this.#session.operatorTimes();
  }

  dispose(): void {
    this.#binding.dispose();
    this.#session.dispose();
  }
}

interface StepTensors {
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly rows: Tensor;
  readonly logits: Tensor;
}
