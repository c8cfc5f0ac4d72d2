/** What happens in the engine, for whoever listens: changes of anything, and everything about single jobs. */
import { EventEmitter, on } from 'node:events';
import type { JobEvent } from '../contract/jobs.ts';
import type { Change } from '../contract/system.ts';

export class EngineEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  change(change: Change): void {
    this.#emitter.emit('change', change);
  }

  job(id: string, event: JobEvent): void {
    this.#emitter.emit(`job:${id}`, event);
  }

  onChange(listener: (change: Change) => void): void {
    this.#emitter.on('change', listener);
  }

  changes(signal?: AbortSignal): AsyncIterableIterator<Change> {
    return this.#iterate('change', signal);
  }

  /** Listening begins with the call, not with the first `next`. */
  jobEvents(id: string, signal?: AbortSignal): AsyncIterableIterator<JobEvent> {
    return this.#iterate(`job:${id}`, signal);
  }

  #iterate<T>(name: string, signal?: AbortSignal): AsyncIterableIterator<T> {
    const source = on(this.#emitter, name, { signal });
    const unpack = ({ value, done }: IteratorResult<unknown[]>): IteratorResult<T> =>
      done ? { value: undefined, done } : { value: value[0] as T };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => source.next().then(unpack),
      return: async () => {
        await source.return?.();
        return { value: undefined, done: true };
      },
    };
  }
}
