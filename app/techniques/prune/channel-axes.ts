/** Where the hidden channels of a decoder lie: which axis of which weight is the width that all its layers share. */
import { UserError } from '../../contract/errors.ts';
import type { LayerNormSpec, LinearSpec, RmsNormSpec } from '../../models/architectures/kit.ts';
import { SequenceKit } from '../../models/graphs/sequence-kit.ts';
import type { Model } from '../../models/model.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

export interface ChannelNorm {
  readonly name: string;
  /** Added to the stored weight. */
  readonly offset: number;
}

export interface ChannelReader {
  readonly module: string;
  /** The norm whose result it reads; absent: it reads the hidden states as they are. */
  readonly norm?: string;
}

export interface ChannelAxes {
  /** Weight -> which of its axes holds the channels. */
  readonly weights: ReadonlyMap<string, 0 | 1>;
  readonly norms: readonly ChannelNorm[];
  /** Linear layers that read channels, in the order in which they run; the head is not among them. */
  readonly readers: readonly ChannelReader[];
  /** The norm before the head. */
  readonly last?: string;
}

/** Features that go together: whatever is added to one another or normed shares one of these. */
class Axis {
  readonly weights = new Map<string, 0 | 1>();
  readonly norms: ChannelNorm[] = [];
  readonly readers: ChannelReader[] = [];
  /** Why these cannot be cut. */
  obstacle: string | undefined;
  #joined: Axis | undefined;

  get root(): Axis {
    return this.#joined?.root ?? this;
  }

  join(other: Axis): void {
    const [a, b] = [this.root, other.root];
    if (a === b) return;
    for (const [name, axis] of b.weights) a.weights.set(name, axis);
    a.norms.push(...b.norms);
    a.readers.push(...b.readers);
    a.obstacle ??= b.obstacle;
    b.#joined = a;
  }
}

/** Follows the width through the description of an architecture. */
class AxesKit extends SequenceKit {
  readonly #axes = new Map<Value, Axis>();
  readonly #normed = new Map<Value, string>();

  constructor(g: GraphBuilder) {
    super(g, { maxLength: 1 });
    const { add, scale, activation, gated, split, attention } = this;
    this.add = (x, y) => this.#same([x, y], add(x, y));
    this.scale = (x, factor) => this.#same([x], scale(x, factor));
    this.activation = (x, kind) => this.#same([x], activation(x, kind));
    this.gated = (gate, up, kind) => this.#same([gate, up], gated.call(this, gate, up, kind));
    this.split = (x, sizes, heads) => {
      this.axisOf(x).obstacle ??= 'they are split';
      return split.call(this, x, sizes, heads);
    };
    this.attention = (q, k, v, spec) => {
      for (const part of [q, k, v]) this.axisOf(part).obstacle ??= 'heads are made of them';
      return attention.call(this, q, k, v, spec);
    };
  }

  axisOf(value: Value): Axis {
    let axis = this.#axes.get(value);
    if (!axis) {
      axis = new Axis();
      this.#axes.set(value, axis);
    }
    return axis.root;
  }

  normOf = (value: Value): string | undefined => this.#normed.get(value);

  #same(sources: readonly Value[], result: Value): Value {
    for (const source of sources) this.axisOf(result).join(this.axisOf(source));
    return result;
  }

  override embed(name: string, rows: number, width: number): Value {
    const y = super.embed(name, rows, width);
    this.axisOf(y).weights.set(`${name}.weight`, 1);
    return y;
  }

  override embedPositions(name: string, rows: number, width: number, offset?: number): Value {
    const y = super.embedPositions(name, rows, width, offset);
    this.axisOf(y).weights.set(`${name}.weight`, 1);
    return y;
  }

  override tablePositions(table: Float32Array, width: number): Value {
    const y = super.tablePositions(table, width);
    this.axisOf(y).obstacle = 'its table of positions is computed from the width';
    return y;
  }

  override linear(x: Value, name: string, spec: LinearSpec): Value {
    const y = super.linear(x, name, spec);
    const [reads, makes] = spec.layout === 'in-out' ? ([0, 1] as const) : ([1, 0] as const);
    const source = this.axisOf(x);
    source.weights.set(`${name}.weight`, reads);
    source.readers.push({ module: name, norm: this.#normed.get(x) });
    const result = this.axisOf(y);
    result.weights.set(`${name}.weight`, makes);
    if (spec.bias) result.weights.set(`${name}.bias`, 0);
    return y;
  }

  override rmsNorm(x: Value, name: string, spec: RmsNormSpec): Value {
    const y = this.#same([x], super.rmsNorm(x, name, spec));
    if (spec.heads !== undefined) return y;
    this.axisOf(y).weights.set(`${name}.weight`, 0);
    this.axisOf(y).norms.push({ name, offset: spec.offset ?? 0 });
    this.#normed.set(y, name);
    return y;
  }

  override layerNorm(x: Value, name: string, spec: LayerNormSpec): Value {
    const y = this.#same([x], super.layerNorm(x, name, spec));
    this.axisOf(y).obstacle = 'its norms subtract the mean of all channels, which would change';
    return y;
  }
}

/** @throws UserError model/unsupported saying what stands in the way */
export function channelAxes({ architecture, config }: Model): ChannelAxes {
  const kit = new AxesKit(new GraphBuilder());
  const hidden = architecture.layers(kit, config);
  const { weights, norms, readers, obstacle } = kit.axisOf(hidden);
  if (obstacle) {
    throw new UserError('model/unsupported', `the channels of ${architecture.name} cannot be cut: ${obstacle}`);
  }
  const head = architecture.head(config);
  return {
    weights: new Map([...weights, [`${head.name}.weight`, 1]]),
    norms,
    readers,
    last: kit.normOf(hidden),
  };
}
