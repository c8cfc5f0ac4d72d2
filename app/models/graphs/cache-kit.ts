/**
 * Layers over the next tokens of a sequence whose keys and values are cached, for generating and for exported models.
 * Hidden states are [batch, length, width].
 */
import { UserError } from '../../contract/errors.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Constant, Value } from '../../tensor/graph.ts';
import { gatherBlockQuantized } from '../../tensor/ops/gather-block-quantized.ts';
import { groupQueryAttention } from '../../tensor/ops/group-query-attention.ts';
import { float32 } from '../../tensor/tensor.ts';
import type {
  Activation,
  AttentionSpec,
  Head,
  LayerKit,
  LayerNormSpec,
  LinearSpec,
  RelativeBias,
  RmsNormSpec,
} from '../architectures/kit.ts';
import type { Rope } from '../architectures/rope.ts';
import { emitActivation } from './activation.ts';
import { attendToMemory, attendWithBias } from './answer-attention.ts';
import { containerOf, planesOf } from './bit-planes.ts';
import { memoryName, pastName, scaleName } from './cache-names.ts';
import { finishLogits } from './finish-logits.ts';
import { GrownCache } from './grown-cache.ts';
import { emitQuantizedLinear, forBlocks, type LinearFormat, storedCodes } from './quantized-linear.ts';
import { RopeTables } from './rope-constants.ts';
import { attendStepwise, type StepInputs, stepInputs, stepName } from './stepwise-attention.ts';

export interface CacheKitOptions {
  /** Positions that rotary tables cover. */
  readonly maxLength: number;
  /** The stored form of a module's weight; what is not listed is `<name>.weight` in a floating type. */
  readonly formats?: ReadonlyMap<string, LinearFormat>;
  /** Type of the cache; int8 takes a scale for every channel of keys and of values as inputs, `scaleName`. */
  readonly cacheType?: CacheType;
  /** Attention reads an int8 cache as floats, which many new tokens at once need; the rows of the new tokens are given out. */
  readonly widened?: boolean;
  /** Stored weights by name; the graph refers to them and casts to float32 where they are narrower. */
  readonly weights: ReadonlyMap<string, Constant>;
  /** What the graph will run on; default the processor. */
  readonly device?: string;
  /** New tokens attend one after the other, as single steps would (see stepwise-attention.ts). */
  readonly stepwise?: boolean;
}

export type CacheType = 'float32' | 'int8';

/** How the graph learns of lengths: Lathe's own runs pass them, other runtimes pass a mask. */
export type LengthInputs = 'lengths' | 'mask';

export { freshName, memoryName, pastName, presentName, scaleName } from './cache-names.ts';

/** ONNX Runtime's attention turns heads of whole multiples of 16, by a multiple of 16 dimensions. */
const rotatesInside = (rope: Rope, headDim: number): boolean => headDim % 16 === 0 && rope.dims % 16 === 0;

export class CacheKit implements LayerKit {
  readonly #g: GraphBuilder;
  readonly #options: CacheKitOptions;
  readonly #ids: Value;
  readonly #last: Value;
  readonly #total: Value;
  #positions: Value | undefined;
  #seen: Value | undefined;
  readonly #weights = new Map<string, Value>();
  readonly #joined = new Map<string, Value>();
  readonly #rope: RopeTables;
  readonly #grown: GrownCache;
  #steps: StepInputs | undefined;

  constructor(g: GraphBuilder, options: CacheKitOptions, lengths: LengthInputs) {
    this.#g = g;
    this.#options = options;
    this.#rope = new RopeTables(g, options.maxLength);
    this.#ids = g.input('input_ids', 'int64', ['batch', 'length']);
    if (lengths === 'lengths') {
      this.#last = g.input('last_position', 'int32', ['batch']);
      this.#total = g.input('total_length', 'int32', []);
    } else {
      const mask = g.input('attention_mask', 'int64', ['batch', 'total']);
      const count = g.reduceSum(mask, [1], false);
      this.#last = g.cast(g.sub(count, g.scalar(1, 'int64')), 'int32');
      this.#total = g.cast(g.squeeze(g.op('Shape', [mask], { start: 1, end: 2 }), [0]), 'int32');
    }
    this.#grown = new GrownCache(g, this.#ids, this.#total);
  }

  /** The stored weight as float32. */
  weight(name: string): Value {
    const known = this.#weights.get(name);
    if (known) return known;
    const stored = this.#stored(name);
    const value = stored.dtype === 'float32' ? stored : this.#g.cast(stored, 'float32');
    this.#weights.set(name, value);
    return value;
  }

  #stored(name: string): Value {
    const constant = this.#options.weights.get(name);
    if (!constant) throw new UserError('weights/missing', `the weight ${name} is missing`);
    return this.#g.refer(name, constant);
  }

  /** Codes put together from planes once, for an embedding and a head that share them. */
  #codes(path: string, bits: number): Value {
    const known = this.#joined.get(path);
    if (known) return known;
    const codes = storedCodes(this.#g, path, bits, (part) => this.#stored(part));
    this.#joined.set(path, codes);
    return codes;
  }

  embed(name: string, rows: number, width: number): Value {
    const format = this.#options.formats?.get(name);
    if (format?.kind !== 'blocks') {
      // Half floats are what a device need not have.
      const onDevice = (this.#options.device ?? 'cpu') !== 'cpu';
      const table = onDevice ? this.weight(`${name}.weight`) : this.#stored(`${name}.weight`);
      const found = this.#g.gather(table, this.#ids);
      return found.dtype === 'float32' ? found : this.#g.cast(found, 'float32');
    }
    return this.#g.scoped(name, () => {
      const { bits, blockSize } = format;
      const inPlanes = planesOf(bits).length > 0;
      const codes = inPlanes ? this.#codes(`${name}.weight`, bits) : this.#stored(`${name}.weight.rows`);
      const blocks = width / blockSize;
      const stored = this.#g.cast(this.#stored(`${name}.weight.row_scales`), 'float32');
      const scales = forBlocks(this.#g, stored, format, blocks);
      const zeros = format.zeroPoints
        ? forBlocks(
            this.#g,
            this.#stored(`${name}.weight.row_zero_points`),
            format,
            Math.ceil((blocks * containerOf(bits)) / 8),
          )
        : undefined;
      const attributes = { bits: containerOf(bits), block_size: blockSize, gather_axis: 0, quantize_axis: 1 };
      const types = [{ dtype: 'float32' as DType, shape: ['batch', 'length', width] }];
      if (codes.shape[0] !== rows) throw new UserError('weights/wrong-shape', `${name} has ${codes.shape[0]} rows`);
      return this.#g.op(gatherBlockQuantized, [codes, this.#ids, scales, zeros], attributes, { types });
    });
  }

  embedPositions(name: string, _rows: number, _width: number, offset = 0): Value {
    const positions = this.#positionIds();
    const shifted = offset === 0 ? positions : this.#g.add(positions, this.#g.scalar(offset, 'int64'));
    return this.#g.gather(this.weight(`${name}.weight`), shifted);
  }

  tablePositions(table: Float32Array, width: number): Value {
    const rows = this.#g.constant(float32([table.length / width, width], table));
    return this.#g.gather(rows, this.#positionIds());
  }

  embedTokenTypes(): Value {
    throw new Error('a decoder has no token types');
  }

  memory(layer: number, part: 'key' | 'value', width: number): Value {
    return this.#g.input(memoryName(layer, part), 'float32', ['batch', 'source', width]);
  }

  #positionIds(): Value {
    this.#positions ??= this.#g.input('position_ids', 'int64', ['batch', 'length']);
    return this.#positions;
  }

  linear(x: Value, name: string, spec: LinearSpec): Value {
    return this.#g.scoped(name, () => {
      const y = this.#product(x, name, spec);
      return spec.bias ? this.#g.add(y, this.weight(`${name}.bias`)) : y;
    });
  }

  #product(x: Value, name: string, spec: LinearSpec): Value {
    const format = this.#options.formats?.get(name);
    if (format) {
      const stored = {
        part: (part: string) => this.#stored(part),
        codes: (path: string, bits: number) => this.#codes(path, bits),
      };
      return emitQuantizedLinear(this.#g, x, name, spec, format, stored);
    }
    return this.#g.matmul(x, this.weight(`${name}.weight`), { transY: spec.layout !== 'in-out' });
  }

  rmsNorm(x: Value, name: string, { epsilon, width, offset = 0, heads }: RmsNormSpec): Value {
    const g = this.#g;
    return g.scoped(name, () => {
      const stored = this.weight(`${name}.weight`);
      const weight = offset === 0 ? stored : g.add(stored, g.scalar(offset));
      if (heads === undefined) return g.op('SimplifiedLayerNormalization', [x, weight], { epsilon, axis: -1 });
      const split = this.#regroup(x, [heads, width]);
      const y = g.op('SimplifiedLayerNormalization', [split, weight], { epsilon, axis: -1 });
      return this.#regroup(y, [heads * width]);
    });
  }

  layerNorm(x: Value, name: string, { epsilon, bias }: LayerNormSpec): Value {
    const weight = this.weight(`${name}.weight`);
    const inputs = bias ? [x, weight, this.weight(`${name}.bias`)] : [x, weight];
    return this.#g.scoped(name, () => this.#g.op('LayerNormalization', inputs, { epsilon, axis: -1 }));
  }

  attention(q: Value, k: Value, v: Value, spec: AttentionSpec): Value {
    const g = this.#g;
    const { layer, heads, keyValueHeads, headDim, rope, window = -1, softcap = 0 } = spec;
    if (spec.bidirectional) throw new Error('a bidirectional layer has no cache');
    if (spec.memory) return attendToMemory(g, q, k, v, spec, this.#memoryMask());
    if (spec.relativeBias) return this.#attendWithBias(q, k, v, spec, spec.relativeBias);
    return g.scoped(`attention.${layer}`, () => {
      const shape = ['batch', keyValueHeads, 'past', headDim];
      const cacheType = this.#options.cacheType ?? 'float32';
      const fused = rope && rotatesInside(rope, headDim);
      const tables = fused ? this.#rope.of(rope) : undefined;
      const turn = (x: Value, count: number) => (rope && !fused ? this.#rotate(x, rope, count) : x);
      const [query, fresh] = [turn(q, heads), turn(k, keyValueHeads)];
      const widened = this.#options.widened === true && cacheType === 'int8';
      const quantized = cacheType === 'int8' && !widened;
      const scale = (part: 'key' | 'value') =>
        g.input(scaleName(layer, part), 'float32', [1, keyValueHeads, 1, headDim]);
      const attributes = {
        ...(quantized ? { k_quant_type: 'PER_CHANNEL', v_quant_type: 'PER_CHANNEL', kv_cache_bit_width: 8 } : {}),
        num_heads: heads,
        kv_num_heads: keyValueHeads,
        scale: spec.scale ?? headDim ** -0.5,
        softcap,
        do_rotary: Number(tables !== undefined),
        local_window_size: window,
      };
      // Inputs from the eighth on.
      const rest: (Value | undefined)[] = tables ? [tables.cos, tables.sin] : [];
      if (quantized) {
        rest.push(...new Array<undefined>(5 - rest.length).fill(undefined), scale('key'), scale('value'));
      }
      if (this.#options.stepwise) {
        this.#steps ??= stepInputs(g, this.#total);
        const { mixed, presents } = attendStepwise(g, [query, fresh, v], this.#steps, {
          keyValueHeads,
          headDim,
          attributes,
          rest,
          past: (step, part) => g.input(stepName(pastName(layer, part), step), cacheType, shape),
        });
        for (const [step, grown] of presents.entries()) this.#grown.add(layer, grown, (name) => stepName(name, step));
        return mixed;
      }
      const past = (part: 'key' | 'value') => g.input(pastName(layer, part), cacheType, shape);
      const scales = widened ? ([scale('key'), scale('value')] as const) : undefined;
      const seen = (part: 'key' | 'value', i: number) =>
        scales ? this.#grown.widen(past(part), scales[i]) : past(part);
      const [y, ...grown] = g.apply(
        groupQueryAttention,
        [query, fresh, v, seen('key', 0), seen('value', 1), this.#last, this.#total, ...rest],
        attributes,
        { outputs: 3 },
      );
      this.#grown.add(layer, grown, undefined, scales);
      return y;
    });
  }

  /** Which of the encoder's tokens are seen. */
  #memoryMask(): Value {
    this.#seen ??= this.#g.input('encoder_attention_mask', 'int64', ['batch', 'source']);
    return this.#seen;
  }

  #attendWithBias(q: Value, k: Value, v: Value, spec: AttentionSpec, bias: RelativeBias): Value {
    const g = this.#g;
    const { layer, heads, headDim } = spec;
    if (this.#options.cacheType === 'int8') {
      throw new UserError('arguments/incompatible', 'attention with relative positions has no int8 cache');
    }
    return g.scoped(`attention.${layer}`, () => {
      const past = (part: 'key' | 'value') =>
        g.input(pastName(layer, part), 'float32', ['batch', heads, 'past', headDim]);
      const weight = this.weight(`${bias.name}.weight`);
      const cache = { key: past('key'), value: past('value') };
      const { mixed, key, value } = attendWithBias(g, q, k, v, cache, this.#positionIds(), weight, spec, bias);
      this.#grown.add(layer, [key, value]);
      return mixed;
    });
  }

  #rotate(x: Value, rope: Rope, heads: number): Value {
    const { cos, sin } = this.#rope.of(rope);
    const attributes = { rotary_embedding_dim: rope.dims, num_heads: heads };
    return this.#g.op('RotaryEmbedding', [x, this.#positionIds(), cos, sin], attributes);
  }

  activation = (x: Value, kind: Activation): Value => emitActivation(this.#g, x, kind);
  gated = (gate: Value, up: Value, kind: Activation): Value => this.#g.mul(this.activation(gate, kind), up);
  add = (x: Value, y: Value): Value => this.#g.add(x, y);
  scale = (x: Value, factor: number): Value => this.#g.scale(x, factor);
  layer = (index: number, x: Value, work: (x: Value) => Value): Value =>
    this.#g.scoped(`layer.${index}`, () => work(x));

  split(x: Value, sizes: readonly number[], heads?: number): Value[] {
    if (heads === undefined) return this.#g.split(x, sizes, -1);
    const width = sizes.reduce((a, b) => a + b, 0);
    return this.#g
      .split(this.#regroup(x, [heads, width]), sizes, -1)
      .map((y, i) => this.#regroup(y, [heads * sizes[i]]));
  }

  /** [batch, length, ...] with other axes after the first two. */
  #regroup(x: Value, axes: readonly number[]): Value {
    const types = [{ dtype: x.dtype, shape: ['batch', 'length', ...axes] }];
    return this.#g.op('Reshape', [x, this.#g.int64s([0, 0, ...axes])], {}, { types });
  }

  /** Logits of hidden states [..., width] -> [..., vocabulary]. */
  logits(x: Value, head: Head): Value {
    const g = this.#g;
    const spec: LinearSpec = { inputs: head.width, outputs: head.vocabulary, bias: head.bias };
    return g.scoped('head', () => {
      let y = this.linear(x, head.name, spec);
      if (head.addedRow) y = g.add(y, this.weight(head.addedRow));
      return finishLogits(g, y, head);
    });
  }

  outputPresents(): void {
    this.#grown.outputWhole();
  }

  outputFreshRows(): void {
    this.#grown.outputFreshRows();
  }
}
