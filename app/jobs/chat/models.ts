/** Models held for the playground, each in a process of its own: the last few stay loaded. */
import { type ChildProcess, fork } from 'node:child_process';
import { UserError } from '../../contract/errors.ts';
import { builtFile } from '../built-file.ts';
import { errorOf } from '../failure.ts';
import type { ChatDone, ChatRequest, FromChat, Running } from './messages.ts';

export type ChatEvent =
  | { readonly kind: 'loading' }
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'done' } & ChatDone);

/** Two versions side by side. */
const KEPT_MODELS = 2;
/** An idle model gives its memory back. */
const IDLE_MS = 15 * 60_000;

type Take = (event: ChatEvent | Error) => void;

class HeldModel {
  readonly #child: ChildProcess;
  readonly #takers = new Map<number, Take>();
  readonly ready: Promise<void>;
  isReady = false;
  memoryBytes = 0;
  #next = 0;

  constructor(path: string, running: Running, onEnd: () => void) {
    const child = fork(builtFile('jobs/chat/worker'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    this.ready = new Promise((resolve, reject) => {
      child.on('message', (message: FromChat) => {
        if (message.kind === 'loaded') {
          this.memoryBytes = message.memoryBytes;
          this.isReady = true;
          resolve();
        } else if (message.kind === 'failed' && message.id === undefined) {
          reject(errorOf(message.failure));
          this.end();
        } else this.#take(message);
      });
      child.on('error', (error) => reject(error));
      child.on('exit', (code, signal) => {
        const cause = signal ? `was ended by ${signal}, perhaps for lack of memory` : `ended with status ${code}`;
        const error = new UserError('runtime/failed', `the process that held ${path} ${cause}`);
        reject(error);
        for (const take of this.#takers.values()) take(error);
        this.#takers.clear();
        onEnd();
      });
    });
    this.ready.catch(() => undefined);
    child.send({ kind: 'load', model: path, running });
  }

  get busy(): boolean {
    return this.#takers.size > 0;
  }

  chat(request: ChatRequest, take: Take): () => void {
    const id = this.#next++;
    this.#takers.set(id, take);
    this.#child.send({ kind: 'chat', id, request });
    return () => {
      this.#takers.delete(id);
      if (this.#child.connected) this.#child.send({ kind: 'stop', id });
    };
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }

  #take(message: FromChat): void {
    if (message.kind === 'loaded' || message.id === undefined) return;
    const take = this.#takers.get(message.id);
    if (message.kind === 'text') {
      take?.({ kind: 'text', text: message.text });
      return;
    }
    this.#takers.delete(message.id);
    if (message.kind === 'failed') {
      take?.(errorOf(message.failure));
      return;
    }
    this.memoryBytes = message.memoryBytes;
    take?.({ kind: 'done', ...message.done });
  }
}

export class ChatModels {
  readonly #held = new Map<string, HeldModel>();
  readonly #idle = new Map<string, NodeJS.Timeout>();

  /** Ending the iteration stops the generation. @throws UserError whatever loading or generating gives */
  async *chat(
    path: string,
    request: ChatRequest,
    running: Running = {},
    signal?: AbortSignal,
  ): AsyncGenerator<ChatEvent, void> {
    clearTimeout(this.#idle.get(path));
    const held = this.#hold(path, running);
    if (!held.isReady) yield { kind: 'loading' };
    await held.ready;
    signal?.throwIfAborted();
    const events: (ChatEvent | Error)[] = [];
    let wake: () => void = () => undefined;
    const stop = held.chat(request, (event) => {
      events.push(event);
      wake();
    });
    const onAbort = () => wake();
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        while (events.length > 0) {
          const event = events.shift()!;
          if (event instanceof Error) throw event;
          yield event;
          if (event.kind === 'done') return;
        }
        if (signal?.aborted) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stop();
      this.#idle.set(path, setTimeout(() => this.unload(path), IDLE_MS).unref());
    }
  }

  loaded(): { readonly path: string; readonly memoryBytes: number }[] {
    return [...this.#held].filter(([, held]) => held.isReady).map(([path, { memoryBytes }]) => ({ path, memoryBytes }));
  }

  /** Without `path` all of them. */
  unload(path?: string): void {
    for (const [key, held] of [...this.#held]) if (path === undefined || key === path) held.end();
  }

  #hold(path: string, running: Running): HeldModel {
    const known = this.#held.get(path);
    if (known) {
      // The most recently used one is the last.
      this.#held.delete(path);
      this.#held.set(path, known);
      return known;
    }
    for (const [key, held] of this.#held) {
      if (this.#held.size < KEPT_MODELS) break;
      if (held.busy) continue;
      this.#held.delete(key);
      held.end();
    }
    const held = new HeldModel(path, running, () => {
      if (this.#held.get(path) === held) this.#held.delete(path);
    });
    this.#held.set(path, held);
    return held;
  }
}
