/** The tools process seen from the engine: started when it is needed, ended when nobody has asked for a while. */
import { type ChildProcess, fork } from 'node:child_process';
import { UserError } from '../../contract/errors.ts';
import { builtFile } from '../built-file.ts';
import { errorOf } from '../failure.ts';
import type { ToolReply, ToolRequest } from './messages.ts';
import type { ToolName, Tools } from './table.ts';

/** Row indices and tokenizers are lost with the process, so not too soon. */
const IDLE_MS = 10 * 60_000;

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

export class ToolsProcess {
  #child: ChildProcess | undefined;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();
  #idle: NodeJS.Timeout | undefined;

  /** @throws UserError whatever the tool gives; runtime/failed when its process dies */
  call<K extends ToolName>(tool: K, input: Parameters<Tools[K]>[0]): Promise<Awaited<ReturnType<Tools[K]>>> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const request: ToolRequest = { id, tool, input };
      child.send(request, (error) => error && this.#settle(id, ({ reject: no }) => no(error)));
    });
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = fork(builtFile('jobs/tools/worker'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    child.on('message', (reply: ToolReply) => {
      this.#settle(reply.id, ({ resolve, reject }) =>
        'failure' in reply ? reject(errorOf(reply.failure)) : resolve(reply.result),
      );
    });
    child.on('error', () => undefined);
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      const cause = signal ? `was ended by ${signal}` : `ended with status ${code}`;
      const error = new UserError('runtime/failed', `the process that looks into files ${cause}`);
      for (const id of [...this.#waiting.keys()]) this.#settle(id, ({ reject }) => reject(error));
    });
    return child;
  }

  #settle(id: number, work: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) work(waiting);
    clearTimeout(this.#idle);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
  }
}
