/** Runs short steps on the spot, which saves the hand-over to another thread (0.3 ms of 4), and longer ones beside. */
import type { Binding, Session } from '../runtime/session.ts';

/** Lets others have a turn before work that holds the event loop. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Milliseconds that a step may hold the event loop. */
const SYNCHRONOUS_MS = 25;

export class Pace {
  /** How long the last step took, for each row. */
  #rowMs = Number.POSITIVE_INFINITY;

  async run(binding: Binding, { implementation }: Session, rows: number, signal?: AbortSignal): Promise<void> {
    const synchronous = implementation === 'direct' && this.#rowMs * rows <= SYNCHRONOUS_MS;
    if (synchronous) {
      await breathe();
      signal?.throwIfAborted();
    }
    const begin = performance.now();
    if (synchronous) binding.runSync();
    else await binding.run({ signal });
    this.#rowMs = (performance.now() - begin) / rows;
  }
}
