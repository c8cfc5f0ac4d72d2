/** The gradient that Max and Min share: it goes to the first input that was chosen. */
import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../graph.ts';

export function chosenGradients(
  g: GraphBuilder,
  inputs: readonly Value[],
  y: Value,
  dy: Value,
  needs: readonly boolean[],
): (Value | undefined)[] {
  const nothing = g.like(0, dy);
  let rest = dy;
  return inputs.map((x, i) => {
    if (i === inputs.length - 1) return needs[i] ? g.unbroadcast(rest, x.shape) : undefined;
    const chosen = g.op('Equal', [x, y]);
    const dx = needs[i] ? g.unbroadcast(g.where(chosen, rest, nothing), x.shape) : undefined;
    rest = g.where(chosen, nothing, rest);
    return dx;
  });
}
