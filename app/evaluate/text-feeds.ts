/** Texts as feeds of a graph that stands by itself, under the names that exports give their inputs. */
import type { Session } from '../runtime/session.ts';
import { int64, type Tensor } from '../tensor/tensor.ts';

/** Padded to the longest; of the usual inputs those that the graph has. */
export function textFeeds({ inputs }: Pick<Session, 'inputs'>, texts: readonly Int32Array[]): Record<string, Tensor> {
  const length = Math.max(1, ...texts.map((ids) => ids.length));
  const shape = [texts.length, length];
  const fill = (value: (ids: Int32Array, t: number) => number) =>
    int64(
      shape,
      texts.flatMap((ids) => Array.from({ length }, (_, t) => (t < ids.length ? value(ids, t) : 0))),
    );
  const all = {
    input_ids: fill((ids, t) => ids[t]),
    attention_mask: fill(() => 1),
    token_type_ids: fill(() => 0),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => inputs.includes(name)));
}
