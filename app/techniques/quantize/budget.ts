/** Choosing a form for every part of a model so that the whole fits a number of bytes at the least loss. */

export interface Choice<T> {
  readonly form: T;
  readonly bytes: number;
  /** What the form costs in quality; losses of different parts add up. */
  readonly loss: number;
}

/**
 * One choice for each part, their bytes at most `budget`, their losses nearly as small as can be: the choices that one
 * price for a byte makes best, then the room that is left given to whoever gains most.
 * @returns undefined where even the smallest choices do not fit
 */
export function solveBudget<T>(parts: readonly (readonly Choice<T>[])[], budget: number): Choice<T>[] | undefined {
  const at = (price: number) => parts.map((choices) => cheapest(choices, price));
  const bytesOf = (chosen: readonly Choice<T>[]) => chosen.reduce((sum, { bytes }) => sum + bytes, 0);
  // The smallest of each, and of those as small the best.
  const smallest = parts.map((choices) =>
    choices.reduce((a, b) => (b.bytes < a.bytes || (b.bytes === a.bytes && b.loss < a.loss) ? b : a)),
  );
  if (bytesOf(smallest) > budget) return undefined;
  let low = 0;
  let high = 1;
  while (bytesOf(at(high)) > budget && high < 1e30) high *= 4;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (bytesOf(at(middle)) > budget) low = middle;
    else high = middle;
  }
  const chosen = bytesOf(at(high)) <= budget ? at(high) : smallest;
  for (let room = budget - bytesOf(chosen); ; ) {
    const step = bestStep(parts, chosen, room);
    if (!step) return chosen;
    room -= step.choice.bytes - chosen[step.part].bytes;
    chosen[step.part] = step.choice;
  }
}

const cheapest = <T>(choices: readonly Choice<T>[], price: number): Choice<T> =>
  choices.reduce((a, b) => (b.loss + price * b.bytes < a.loss + price * a.bytes ? b : a));

function bestStep<T>(parts: readonly (readonly Choice<T>[])[], chosen: readonly Choice<T>[], room: number) {
  let best: { readonly part: number; readonly choice: Choice<T> } | undefined;
  let most = 0;
  parts.forEach((choices, part) => {
    for (const choice of choices) {
      const gain = chosen[part].loss - choice.loss;
      const cost = choice.bytes - chosen[part].bytes;
      if (gain <= 0 || cost > room) continue;
      const rate = gain / Math.max(cost, 1e-9);
      if (rate <= most) continue;
      most = rate;
      best = { part, choice };
    }
  });
  return best;
}
