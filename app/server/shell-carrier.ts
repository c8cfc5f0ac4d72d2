/** The carrier in Electron: pages' messages come over the shell's IPC channel, each page with a port of its own. */
import type { RPCHandler } from '@orpc/server/message-port';
import { type EngineToShell, type ShellToEngine, shellToEngine } from '../contract/shell.ts';
import type { Secrets } from './secrets.ts';

type Listener = (value?: unknown) => void;

/** What the contract's handler needs of a message port. */
class PagePort {
  readonly #post: (data: unknown) => void;
  readonly #listeners: Record<string, Listener[]> = { message: [], close: [] };
  constructor(post: (data: unknown) => void) {
    this.#post = post;
  }

  addEventListener(name: string, listener: Listener): void {
    this.#listeners[name]?.push(listener);
  }

  postMessage(data: unknown): void {
    this.#post(data);
  }

  emit(name: 'message' | 'close', event?: { readonly data: unknown }): void {
    for (const listener of this.#listeners[name]) listener(event);
  }
}

export interface ShellCarrier {
  readonly secrets: Secrets;
  send(message: EngineToShell): void;
  /** Pages are answered from now on. */
  listen(handler: RPCHandler<never>, context: object, onStop: () => void): void;
}

/** Waits this long for the shell to open the keychain. */
const SECRET_PATIENCE_MS = 60_000;
const TOKEN_NAME = 'hub-token';

/** @param fallback where there is no keychain */
export function shellCarrier(fallback: Secrets): ShellCarrier {
  const send = (message: EngineToShell): void => {
    if (process.connected) process.send?.(message);
  };
  type Answer = ShellToEngine & { kind: 'secret' };
  const asked = new Map<number, (answer: Answer) => void>();
  let next = 0;
  const ask = (action: 'get' | 'set' | 'remove', value?: string): Promise<Answer> => {
    const id = next++;
    return new Promise((resolve) => {
      const none: Answer = { kind: 'secret', id, value: null, kept: 'unavailable' };
      const timer = setTimeout(() => settle(none), SECRET_PATIENCE_MS);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        asked.delete(id);
        resolve(answer);
      };
      asked.set(id, settle);
      send({ kind: 'secret', id, action, name: TOKEN_NAME, value });
    });
  };

  return {
    send,
    secrets: {
      async get() {
        const answer = await ask('get');
        return answer.kept === 'keychain' ? (answer.value ?? undefined) : fallback.get();
      },
      async set(value) {
        const answer = await (value === undefined ? ask('remove') : ask('set', value));
        if (answer.kept !== 'keychain') await fallback.set(value);
      },
      async place() {
        return (await ask('get')).kept === 'keychain' ? { kept: 'keychain' } : fallback.place();
      },
    },
    listen(handler, context, onStop) {
      const ports = new Map<number, PagePort>();
      process.on('message', (raw: unknown) => {
        const parsed = shellToEngine.safeParse(raw);
        if (!parsed.success) return;
        const message = parsed.data;
        switch (message.kind) {
          case 'open': {
            const page = new PagePort((data) =>
              send({ kind: 'data', port: message.port, data: data as string | ArrayBuffer }),
            );
            ports.set(message.port, page);
            handler.upgrade(page as never, { context } as never);
            break;
          }
          case 'data':
            ports.get(message.port)?.emit('message', { data: message.data });
            break;
          case 'close':
            ports.get(message.port)?.emit('close');
            ports.delete(message.port);
            break;
          case 'stop':
            onStop();
            break;
          case 'secret':
            asked.get(message.id)?.(message);
            break;
        }
      });
    },
  };
}
