/**
 * What a student's layers make of a batch, held against what its teacher's make of the same: hidden states through learnt
 * projections (Romero et al. 2015; Jiao et al. 2020, TinyBERT), and where each token looks (Wang et al. 2020, MiniLM). The
 * teacher's layers are part of the graph, so that no token can be compared with another.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import type { Described } from '../architectures/index.ts';
import { buildTrunk, type Trunk } from './predictions.ts';
import type { WeightSpec } from './scoring-graph.ts';
import type { SequenceKit, SequenceKitOptions } from './sequence-kit.ts';

/** Layers counted from 1; 0 stands for what goes into the first. */
export interface LayerPair {
  readonly student: number;
  readonly teacher: number;
}

export interface MatchSpec {
  readonly teacher: Described;
  readonly hidden: readonly LayerPair[];
  readonly attention: readonly LayerPair[];
  /** What the sum of the two is multiplied by. */
  readonly weight: number;
}

/** The teacher's weights are graph inputs whose names begin so. */
export const TEACHER_PREFIX = 'teacher.';
/** Weights that map the student's width to the teacher's: trained, and no part of the student. */
const PROJECTION = 'lathe.projection.';

export const isProjection = (weight: string): boolean => weight.startsWith(PROJECTION);
export const teachersOwn = (weight: string): string | undefined =>
  weight.startsWith(TEACHER_PREFIX) ? weight.slice(TEACHER_PREFIX.length) : undefined;

/** So small a probability or length counts as this. */
const LEAST = 1e-10;

export interface Matched {
  /** float32 [], weighted: means over layers and tokens. */
  readonly loss: Value;
  readonly teacher: SequenceKit;
}

/**
 * - hidden: for each pair and token |W s - t|² / |t|², so that families whose states are large weigh no more than others;
 *   without W where the widths are the same;
 * - attention: for each pair, head and token KL(teacher's probabilities ‖ student's); where the two have different numbers of
 *   heads, of the mean over the heads.
 */
export function emitMatching(
  g: GraphBuilder,
  student: Described,
  trunk: Trunk,
  options: SequenceKitOptions,
  { teacher, hidden, attention, weight }: MatchSpec,
): Matched {
  const given = Object.fromEntries(trunk.kit.reads);
  const theirs = buildTrunk(g, teacher, {
    maxLength: options.maxLength,
    unpadded: options.unpadded,
    given,
    weightPrefix: TEACHER_PREFIX,
  });
  const terms: Value[] = [];
  if (hidden.length > 0) {
    const pairs = hidden.map((pair) =>
      g.scoped(`match.hidden.${pair.student}`, () => {
        const own = statesOf(student, trunk)[pair.student];
        const sizes = { inputs: student.config.width, outputs: teacher.config.width };
        const same = sizes.inputs === sizes.outputs;
        const turned = same ? own : trunk.kit.linear(own, `${PROJECTION}${pair.student}`, sizes);
        return distance(g, turned, statesOf(teacher, theirs)[pair.teacher], realTokens(g, trunk.kit));
      }),
    );
    terms.push(meanOf(g, pairs));
  }
  if (attention.length > 0) {
    const pairs = attention.map((pair) =>
      g.scoped(`match.attention.${pair.student}`, () =>
        lookingApart(g, looks(trunk.kit, pair.student), looks(theirs.kit, pair.teacher), trunk.kit),
      ),
    );
    terms.push(meanOf(g, pairs));
  }
  return {
    loss: g.scale(
      terms.reduce((a, b) => g.add(a, b)),
      weight,
    ),
    teacher: theirs.kit,
  };
}

/** The teacher's weights, which a graph is fed and does not train. */
export const besides = ({ weights }: SequenceKit): readonly WeightSpec[] =>
  [...weights.values()].map(({ name, shape }) => ({ name, shape: shape as readonly number[] }));

const meanOf = (g: GraphBuilder, values: readonly Value[]): Value =>
  g.scale(
    values.reduce((a, b) => g.add(a, b)),
    1 / values.length,
  );

/** [tokens, width] each: what goes into the first layer, what comes out of each, the last after its norm. */
function statesOf({ config }: Described, { kit, hidden }: Trunk): readonly Value[] {
  return [...kit.layerInputs.slice(-config.layers), hidden];
}

/** float32 [tokens], 1 but for padding; undefined where there is none. */
function realTokens(g: GraphBuilder, kit: SequenceKit): Value | undefined {
  return kit.isUnpadded ? undefined : g.reshape(kit.filled, [kit.tokens]);
}

function distance(g: GraphBuilder, own: Value, theirs: Value, real: Value | undefined): Value {
  const gap = g.sub(own, theirs);
  const squares = (x: Value) => g.reduceSum(g.mul(x, x), [-1], false);
  const length = squares(theirs);
  const each = g.div(squares(gap), g.op('Max', [length, g.like(LEAST, length)]));
  if (!real) return g.reduceMean(each, [0], false);
  return g.div(g.reduceSum(g.mul(each, real), [0], false), g.reduceSum(real, [0], false));
}

/** Probabilities [batch, groups, heads of a group, queries, keys] of a layer's own tokens. */
function looks(kit: SequenceKit, layer: number): Value {
  const found = kit.attentions.get(layer - 1);
  if (!found) throw new Error(`there is no layer ${layer}`);
  return found;
}

function lookingApart(g: GraphBuilder, student: Value, teacher: Value, kit: SequenceKit): Value {
  const [p, q] = sameHeads(g, teacher, student);
  const logOf = (x: Value) => g.log(g.op('Max', [x, g.like(LEAST, x)]));
  const each = g.reduceSum(g.mul(p, g.sub(logOf(p), logOf(q))), [-1], false);
  // [batch, queries]
  const rows = g.reduceMean(each, [1, 2], false);
  const real = kit.filled;
  return g.div(g.reduceSum(g.mul(rows, real), [0, 1], false), g.reduceSum(real, [0, 1], false));
}

function sameHeads(g: GraphBuilder, a: Value, b: Value): readonly [Value, Value] {
  const [one, other] = [a, b].map(({ shape }) => Number(shape[1]) * Number(shape[2]));
  if (one !== other) return [g.reduceMean(a, [1, 2]), g.reduceMean(b, [1, 2])];
  if (a.shape[1] === b.shape[1]) return [a, b];
  const flat = (x: Value) => g.reshape(x, [x.shape[0], one, 1, x.shape[3], x.shape[4]]);
  return [flat(a), flat(b)];
}
