/**
 * A decoder cut into stages, each a graph of its own: the embedding, one block, the loss. So one block's weights are in
 * memory at a time, blocks can be left out, and what goes into each linear layer can be measured.
 */
import type { LinearSpec } from '../../models/architectures/kit.ts';
import { SequenceKit } from '../../models/graphs/sequence-kit.ts';
import type { Model } from '../../models/model.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph, Value } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';

export type Stage = 'embedding' | 'loss' | number;

/** Output names of a block's graph that hold, for each input of a linear layer, the sum of its squares over all tokens. */
export const SQUARES = 'squares.';

class StageKit extends SequenceKit {
  /** Hidden states that the stage makes. */
  result: Value | undefined;
  /** What the stage's block read. */
  given: Value | undefined;
  readonly inputs = new Map<string, Value>();
  readonly #stage: Stage;
  readonly #last: number;
  readonly #hidden: Value | undefined;

  constructor(g: GraphBuilder, maxLength: number, stage: Stage, { layers, width }: Model['config']) {
    super(g, { maxLength });
    this.#stage = stage;
    this.#last = layers - 1;
    if (stage !== 'embedding') this.#hidden = g.input('hidden', 'float32', [this.tokens, width]);
  }

  override layer(index: number, x: Value, work: (x: Value) => Value): Value {
    if (this.#stage === 'embedding') {
      if (index === 0) this.result = x;
      return x;
    }
    if (this.#stage === 'loss') return index === this.#last ? this.#hidden! : x;
    if (index !== this.#stage) return x;
    this.given = this.#hidden;
    this.result = super.layer(index, this.#hidden!, work);
    return this.result;
  }

  override linear(x: Value, name: string, spec: LinearSpec): Value {
    this.inputs.set(name, x);
    return super.linear(x, name, spec);
  }
}

/**
 * Inputs: input_ids, position_ids, segment_ids int64 [batch, length] and the stage's weights, as far as it reads them;
 * `hidden` float32 [batch*length, width] unless it is the embedding; for the loss rows and targets int64 [rows].
 * Outputs: `hidden`s successor `next`; of a block that is probed also `cosine` [tokens], that of its input and output, and
 * `squares.<linear layer>` [inputs]; of the loss `losses` [rows].
 */
export function buildStage(model: Model, stage: Stage, maxLength: number, probe = false): Graph {
  const g = new GraphBuilder();
  const kit = new StageKit(g, maxLength, stage, model.config);
  const hidden = model.architecture.layers(kit, model.config);
  if (stage === 'loss') {
    const rows = g.gather(hidden, g.input('rows', 'int64', ['rows']));
    const head = model.architecture.head(model.config);
    g.output(kit.losses(rows, g.input('targets', 'int64', ['rows']), head), 'losses');
  } else {
    g.output(kit.result!, 'next');
    if (probe) addProbes(g, kit);
  }
  const graph = lower(g.build('stage'));
  const read = new Set(graph.nodes.flatMap((node) => node.inputs.map((input) => input?.name)));
  return { ...graph, inputs: graph.inputs.filter(({ name }) => read.has(name)) };
}

function addProbes(g: GraphBuilder, kit: StageKit): void {
  const dot = (x: Value, y: Value) => g.reduceSum(g.mul(x, y), [-1], false);
  const [x, y] = [kit.given!, kit.result!];
  const lengths = g.sqrt(g.mul(dot(x, x), dot(y, y)));
  g.output(g.div(dot(x, y), g.add(lengths, g.scalar(1e-20))), 'cosine');
  for (const [name, input] of kit.inputs) {
    // Projections around all blocks are in the list too; no block reads them.
    if (!kit.linears.has(name) || !/\.\d+\./.test(name)) continue;
    g.output(g.reduceSum(g.mul(input, input), [0], false), `${SQUARES}${name}`);
  }
}
