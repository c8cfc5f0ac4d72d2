/** Keys and values with those of the new tokens, as outputs of a decoding graph: all of them, or only the new rows. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { freshName, presentName } from './cache-names.ts';

interface Grown {
  readonly name: string;
  readonly fresh: string;
  /** [batch, kv heads, total, head dim] */
  readonly value: Value;
  /** Of a cache that is int8 where the value is not. */
  readonly scale?: Value;
}

export class GrownCache {
  readonly #g: GraphBuilder;
  readonly #ids: Value;
  readonly #total: Value;
  readonly #grown: Grown[] = [];
  #begin: Value | undefined;

  /** @param ids the new tokens, [batch, length]; @param total tokens with them, int32 [] */
  constructor(g: GraphBuilder, ids: Value, total: Value) {
    this.#g = g;
    this.#ids = ids;
    this.#total = total;
  }

  /** @param grown keys and values of a layer; @param scales where their rows are given out in int8 */
  add(layer: number, grown: readonly Value[], named = (name: string) => name, scales?: readonly [Value, Value]): void {
    for (const [i, part] of (['key', 'value'] as const).entries()) {
      const [name, fresh] = [presentName(layer, part), freshName(layer, part)].map(named);
      this.#grown.push({ name, fresh, value: grown[i], scale: scales?.[i] });
    }
  }

  /** Where the new tokens begin, int64 [1]. */
  #newFrom(): Value {
    const g = this.#g;
    const length = () => g.op('Shape', [this.#ids], { start: 1, end: 2 });
    this.#begin ??= g.sub(g.unsqueeze(g.cast(this.#total, 'int64'), [0]), length());
    return this.#begin;
  }

  /** The filled part of an int8 cache in floats. */
  widen(cache: Value, scale: Value): Value {
    const g = this.#g;
    const [batch, heads, , width] = cache.shape;
    const types = [{ dtype: cache.dtype, shape: [batch, heads, 'seen', width] }];
    const filled = g.op('Slice', [cache, g.int64s([0]), this.#newFrom(), g.int64s([2])], {}, { types });
    return g.mul(g.cast(filled, 'float32'), scale);
  }

  outputWhole(): void {
    for (const { name, value } of this.#grown) this.#g.output(value, name);
  }

  /** Only the rows of the new tokens: for runtimes that copy every output. */
  outputFreshRows(): void {
    const g = this.#g;
    const end = g.unsqueeze(g.cast(this.#total, 'int64'), [0]);
    for (const { fresh, value, scale } of this.#grown) {
      const [batch, heads, , width] = value.shape;
      const types = [{ dtype: value.dtype, shape: [batch, heads, 'length', width] }];
      const rows = g.op('Slice', [value, this.#newFrom(), end, g.int64s([2])], {}, { types });
      const codes = () => g.op('QuantizeLinear', [g.div(rows, scale!), g.scalar(1), g.scalar(0, 'int8')]);
      g.output(scale ? codes() : rows, fresh);
    }
  }
}
