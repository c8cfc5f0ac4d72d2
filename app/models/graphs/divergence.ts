/** How far a student's distribution is from its teacher's, row by row. */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';

export const DIVERGENCES = ['forward', 'reverse', 'jsd'] as const;

export interface DivergenceSpec {
  /**
   * `forward`: KL(teacher ‖ student) (Hinton et al. 2015); `reverse`: KL(student ‖ teacher) (Gu et al. 2024); `jsd`: the generalised
   * Jensen-Shannon divergence beta KL(teacher ‖ m) + (1 - beta) KL(student ‖ m), m = beta teacher + (1 - beta) student (Agarwal et al. 2024).
   */
  readonly divergence: (typeof DIVERGENCES)[number];
  readonly beta: number;
}

/** Below this a probability counts as this, so that what a teacher rules out costs much and not infinitely much. */
const LEAST = 1e-10;

/**
 * @param student log-probabilities [rows, classes]
 * @param teacher probabilities [rows, classes]
 * @returns divergences [rows], in nats
 */
export function divergences(g: GraphBuilder, student: Value, teacher: Value, spec: DivergenceSpec): Value {
  const logOf = (p: Value) => g.log(g.op('Max', [p, g.like(LEAST, p)]));
  const sum = (x: Value) => g.reduceSum(x, [-1], false);
  // A probability of 0 adds nothing, whatever it is compared with.
  const relative = (p: Value, logP: Value, logQ: Value) => sum(g.mul(p, g.sub(logP, logQ)));
  const { divergence, beta } = spec;
  if (divergence === 'forward') return relative(teacher, logOf(teacher), student);
  const own = g.exp(student);
  if (divergence === 'reverse') return relative(own, student, logOf(teacher));
  const mixture = logOf(g.add(g.scale(teacher, beta), g.scale(own, 1 - beta)));
  const teachers = relative(teacher, logOf(teacher), mixture);
  return g.add(g.scale(teachers, beta), g.scale(relative(own, student, mixture), 1 - beta));
}
