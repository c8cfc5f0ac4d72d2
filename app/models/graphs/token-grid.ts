/**
 * Rows of hidden states, one for each token, and the grid of [batch, length] slots that attention and positions are written
 * on. Without padding the two differ, and rows are picked from one into the other.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

/** Names of the grid's axes. */
export const BATCH = 'batch';
export const LENGTH = 'length';

/** Token of each slot of the grid, slot of each token, and 1 where a slot is filled. */
export interface GridPlaces {
  readonly slots: Value;
  readonly places: Value;
  readonly filled: Value;
}

export class TokenGrid {
  readonly #g: GraphBuilder;
  /** Axis of the grid's slots when it is written as one axis. */
  readonly slots: string;
  readonly #apart: GridPlaces | undefined;

  /** `apart` is left out where every slot holds a token: rows and slots are then the same. */
  constructor(g: GraphBuilder, slots: string, apart?: GridPlaces) {
    this.#g = g;
    this.slots = slots;
    this.#apart = apart;
  }

  /** A row for each token -> a row for each slot. */
  spread = (x: Value): Value => (this.#apart ? this.#g.op('Pick', [x, this.#apart.slots, this.#apart.places]) : x);

  /** A row for each slot -> a row for each token. */
  collect = (x: Value): Value =>
    this.#apart ? this.#g.op('Pick', [x, this.#apart.places, this.#apart.slots, this.#apart.filled]) : x;

  /** A number for each slot of the grid, [batch, length] -> one for each token. */
  flat = (x: Value): Value => this.collect(this.#g.reshape(x, [this.slots]));
}
