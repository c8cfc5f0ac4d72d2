/** One job's worker process, seen from the engine: started, asked to stop, killed where it does not, and its end explained. */
import { type ChildProcess, fork } from 'node:child_process';
import { HINTS } from '../contract/errors.ts';
import type { Failure } from '../contract/shared.ts';
import { builtFile } from './built-file.ts';
import { failureOf } from './failure.ts';
import type { FromWorker, WorkerStart } from './messages.ts';

export type WorkerEnd =
  | { readonly kind: 'done'; readonly peakMemory: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** The process is gone without a word. */
  | { readonly kind: 'crashed'; readonly failure: Failure };

export interface WorkerHandle {
  readonly ended: Promise<WorkerEnd>;
  readonly pid: number | undefined;
  /** Asks, then kills. */
  stop(graceMs: number): void;
}

/** What a worker writes to standard error is kept for the cause of a crash. */
const KEPT_OUTPUT = 4000;

export function startWorker(
  start: WorkerStart,
  environment: Promise<Readonly<Record<string, string>>>,
  onMessage: (message: FromWorker) => void,
): WorkerHandle {
  let child: ChildProcess | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const ask = (graceMs: number): void => {
    if (child?.connected) child.send({ kind: 'stop' }, () => undefined);
    clearTimeout(timer);
    timer = setTimeout(() => child?.kill('SIGKILL'), graceMs);
  };
  const begun = environment.then(
    (extra) =>
      new Promise<WorkerEnd>((resolve) => {
        if (stopped) return resolve({ kind: 'stopped' });
        const env = { ...process.env, ...extra };
        child = fork(builtFile('jobs/worker'), {
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          serialization: 'advanced',
          env,
        });
        let last: WorkerEnd | undefined;
        let output = '';
        const keep = (chunk: Buffer): void => {
          output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
        };
        child.stdout?.on('data', keep);
        child.stderr?.on('data', keep);
        child.on('message', (message: FromWorker) => {
          if (message.kind === 'done' || message.kind === 'failed' || message.kind === 'stopped') last = message;
          else onMessage(message);
        });
        let failedToStart: Error | undefined;
        child.on('error', (error) => {
          failedToStart ??= error;
          if (child?.pid === undefined) resolve({ kind: 'crashed', failure: crash(null, null, error.message) });
        });
        child.on('close', (code, signal) => {
          clearTimeout(timer);
          resolve(last ?? { kind: 'crashed', failure: crash(code, signal, output || (failedToStart?.message ?? '')) });
        });
        child.send(start, (error) => {
          if (error) child?.kill('SIGKILL');
        });
      }),
  );
  const ended = begun.catch((error: unknown): WorkerEnd => ({ kind: 'failed', failure: failureOf(error) }));
  return {
    ended,
    get pid() {
      return child?.pid;
    },
    stop(graceMs) {
      stopped = true;
      ask(graceMs);
    },
  };
}

function crash(code: number | null, signal: string | null, output: string): Failure {
  const report = output.trim() || undefined;
  const heap = /heap out of memory|std::bad_alloc|Failed to allocate memory/i.test(output);
  if (heap || signal === 'SIGKILL') {
    const how = signal === 'SIGKILL' && !heap ? 'the system ended it (SIGKILL)' : 'no more memory could be had';
    const message = `the job ran out of memory: ${how}`;
    return { code: 'job/out-of-memory', message, hint: HINTS['job/out-of-memory'], report };
  }
  const how = signal ? `was ended by ${signal}` : `ended with status ${code}`;
  return { code: 'job/crashed', message: `the worker process ${how}`, hint: HINTS['job/crashed'], report };
}
