/** The tables of rotary positions that a graph refers to, one pair for each kind of rotation in it. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { float32 } from '../../tensor/tensor.ts';
import { type Rope, ropeTables } from '../architectures/rope.ts';

export interface RopeConstants {
  /** [positions, dims / 2] */
  readonly cos: Value;
  readonly sin: Value;
}

export class RopeTables {
  readonly #g: GraphBuilder;
  readonly #positions: number;
  readonly #prefix: string;
  readonly #tables = new Map<string, RopeConstants>();

  /** `positions` is how many the tables cover; their names begin with `prefix`. */
  constructor(g: GraphBuilder, positions: number, prefix = '') {
    this.#g = g;
    this.#positions = positions;
    this.#prefix = prefix;
  }

  of(rope: Rope): RopeConstants {
    const key = JSON.stringify(rope);
    let tables = this.#tables.get(key);
    if (!tables) {
      const { cos, sin } = ropeTables(rope, this.#positions);
      const shape = [this.#positions, rope.dims / 2];
      const constant = (data: Float32Array, name: string) =>
        this.#g.constant(float32(shape, data), `${this.#prefix}rope.${this.#tables.size}.${name}`);
      tables = { cos: constant(cos, 'cos'), sin: constant(sin, 'sin') };
      this.#tables.set(key, tables);
    }
    return tables;
  }
}
