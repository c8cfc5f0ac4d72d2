/**
 * The measured report on a model. It runs in a process of its own: so load time and peak memory are the model's, not those
 * of whatever asked.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, UserError } from '../contract/errors.ts';
import type { LossOn } from '../datasets/index.ts';
import type { TextMetric, TextScores } from '../evaluate/text-scores.ts';
import type { CacheType } from '../models/graphs/cache-kit.ts';
import type { RunSettings } from '../models/run-profile.ts';
import type { OperatorTime } from '../runtime/session.ts';
import type { ContextSpeed } from './speed.ts';

export interface MeasureRequest {
  readonly model: string;
  readonly threads?: number;
  readonly contexts: readonly number[];
  readonly repeat: number;
  readonly operators?: boolean;
  readonly cacheType?: CacheType;
  readonly promptType?: RunSettings['promptType'];
  /** How the model is run; the fields above win. */
  readonly settings?: RunSettings;
  /** What the quality is measured on; absent: speed only. */
  readonly quality?:
    | {
        readonly kind: 'text';
        readonly file: string;
        readonly context: number;
        readonly stride: number;
        readonly tokens?: number;
      }
    | {
        readonly kind: 'answers';
        readonly file: string;
        readonly format?: string;
        readonly columns?: Readonly<Record<string, string>>;
        readonly maxLength: number;
        /** Which part of a conversation counts; default every answer. */
        readonly loss?: LossOn;
        /** Share of the rows, chosen by `seed`, that training left out; absent: all rows. */
        readonly heldOut?: number;
        readonly seed?: number;
        readonly limit?: number;
        /** Scores of what the model writes in the place of the answers; default BLEU and chrF of models with an encoder and a decoder, and of data of sources and targets. */
        readonly metrics?: readonly TextMetric[];
      };
}

export interface Measurement extends TextScores {
  readonly sizeBytes: number;
  readonly loadMs: number;
  readonly peakMemoryBytes: number;
  readonly contexts: readonly ContextSpeed[];
  readonly operators: readonly OperatorTime[];
  readonly perplexity?: number;
  readonly bitsPerByte?: number;
  readonly evaluatedTokens?: number;
  /** Of the longest context measured. */
  readonly prefillTokensPerSecond?: number;
  /** Of the shortest. */
  readonly decodeTokensPerSecond?: number;
  readonly timeToFirstTokenMs?: number;
}

export type MeasureMessage =
  | { readonly kind: 'progress'; readonly label: string; readonly done: number; readonly total: number }
  | { readonly kind: 'result'; readonly result: Measurement }
  | { readonly kind: 'error'; readonly code?: ErrorCode; readonly message: string; readonly stack?: string };

export interface MeasureContext {
  readonly signal?: AbortSignal;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/** Under the test runner this file is TypeScript, which Node 20 cannot start: the built worker is used. */
const workerFile = (): string =>
  fileURLToPath(new URL('./measure-worker.js', import.meta.url.replace('/app/profile/', '/dist/profile/')));

/** @throws UserError whatever opening or running the model gives; runtime/failed when the process dies */
export function measureModel(
  request: MeasureRequest,
  { signal, onProgress }: MeasureContext = {},
): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = fork(workerFile(), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
    let settled = false;
    const settle = (work: () => void) => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', stop);
      work();
      child.kill('SIGKILL');
    };
    const stop = () => settle(() => reject(signal?.reason));
    signal?.addEventListener('abort', stop);
    child.on('message', (message: MeasureMessage) => {
      switch (message.kind) {
        case 'progress':
          onProgress?.(message.label, message.done, message.total);
          break;
        case 'result':
          settle(() => resolve(message.result));
          break;
        case 'error':
          settle(() => reject(revive(message)));
          break;
      }
    });
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, killed) => {
      const cause = killed ? `was ended by ${killed}, perhaps for lack of memory` : `ended with status ${code}`;
      settle(() => reject(new UserError('runtime/failed', `the process that measured ${request.model} ${cause}`)));
    });
    child.send(request);
  });
}

function revive({ code, message, stack }: MeasureMessage & { kind: 'error' }): Error {
  if (code) return new UserError(code, message);
  const error = new Error(message);
  error.stack = stack;
  return error;
}
