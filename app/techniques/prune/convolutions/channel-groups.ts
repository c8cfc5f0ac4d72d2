/** Channels of an ONNX network that can only go together: what is added, normed or multiplied channel by channel. */

import type { AnyValue } from '../../../tensor/graph.ts';

/** Channels that were joined to one another answer as one. */
export class ChannelGroup {
  readonly size: number;
  /** Convolutions that make the channels: name of the node, its weight, the axis of their outputs. */
  readonly makers: Maker[] = [];
  #obstacle: string | undefined;
  #joined: ChannelGroup | undefined;

  constructor(size: number) {
    this.size = size;
  }

  get root(): ChannelGroup {
    return this.#joined?.root ?? this;
  }

  get obstacle(): string | undefined {
    return this.root.#obstacle;
  }

  /** These stay whole. @param why names the operator that stands in the way */
  block(why: string): void {
    this.root.#obstacle ??= why;
  }

  join(other: ChannelGroup): void {
    const [a, b] = [this.root, other.root];
    if (a === b) return;
    a.makers.push(...b.makers);
    a.#obstacle ??= b.#obstacle;
    b.#joined = a;
  }
}

export interface Maker {
  readonly node: string;
  readonly weight: string;
  readonly axis: 0 | 1;
  /** The batch norm that alone reads the result: scale and variance by the names of their constants. */
  readonly norm?: { readonly scale: string; readonly variance: string; readonly epsilon: number };
}

/** The channels of a value, one group after the other as concatenation laid them. */
export interface Channels {
  readonly groups: readonly ChannelGroup[];
  /** [batch, features]: each channel has become as many neighbouring features as it had places. */
  readonly flat: boolean;
}

/** Where channels are multiplied by a weight: what reads them, and along which axis of the weight. */
export interface Reader extends Place {
  /** The value, [batch, channels, …] or flat [batch, features]. */
  readonly value: AnyValue;
}

export const channelsIn = ({ groups }: Channels): number => groups.reduce((sum, { size }) => sum + size, 0);

/** An axis of a constant that holds channels, each of them `repeat` times in a row. */
export interface Place {
  readonly constant: string;
  readonly axis: number;
  readonly groups: readonly ChannelGroup[];
  readonly repeat: number;
}

/** Ascending places of an axis that stay, where each group keeps what `kept` says. */
export function keptPlaces(
  { groups, repeat }: Pick<Place, 'groups' | 'repeat'>,
  kept: ReadonlyMap<ChannelGroup, readonly number[]>,
): number[] {
  let offset = 0;
  return groups.flatMap((group) => {
    const keep = kept.get(group.root) ?? [...Array(group.size).keys()];
    const places = keep.flatMap((c) => Array.from({ length: repeat }, (_, i) => (offset + c) * repeat + i));
    offset += group.size;
    return places;
  });
}

/** Of every place of an axis the group and the channel that it holds. */
export function* channelsOf({ groups, repeat }: Pick<Place, 'groups' | 'repeat'>): Generator<[ChannelGroup, number]> {
  for (const group of groups) {
    for (let c = 0; c < group.size; c++) for (let i = 0; i < repeat; i++) yield [group.root, c];
  }
}
