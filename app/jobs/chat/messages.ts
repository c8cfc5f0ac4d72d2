/** What passes between the engine and a process that holds a model for the playground. */
import type { TokenCertainty } from '../../contract/playground.ts';
import type { Failure } from '../../contract/shared.ts';
import type { RunSettings } from '../../models/run-profile.ts';

export interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
  /** Of an adaptive decoder or a cascade, from fast (0) to careful (1); absent: what was proved. */
  readonly threshold?: number;
  readonly stop?: readonly string[];
  /** JSON. */
  readonly schema?: string;
  readonly certainty?: boolean;
}

/** What the user said about every model; absent: as each runs best. */
export type Running = Pick<RunSettings, 'device' | 'threads'>;

export type ToChat =
  | { readonly kind: 'load'; readonly model: string; readonly running: Running }
  | { readonly kind: 'chat'; readonly id: number; readonly request: ChatRequest }
  | { readonly kind: 'stop'; readonly id: number };

export interface ChatDone {
  readonly text: string;
  readonly tokens: number;
  readonly promptTokens: number;
  readonly tokensPerSecond: number;
  readonly timeToFirstTokenMs: number;
  readonly stop: 'end' | 'length';
  /** Of an adaptive decoder: what each token added to the text, and the layers that ran before it was given. */
  readonly layers?: {
    readonly all: number;
    readonly mean: number;
    readonly pieces: readonly { readonly text: string; readonly layers: number }[];
  };
  /** Of a cascade. */
  readonly answeredBy?: 'small' | 'large';
  readonly certainty?: TokenCertainty[];
}

export type FromChat =
  | { readonly kind: 'loaded'; readonly memoryBytes: number }
  | { readonly kind: 'text'; readonly id: number; readonly text: string }
  | { readonly kind: 'done'; readonly id: number; readonly done: ChatDone; readonly memoryBytes: number }
  /** Without `id`: loading failed. */
  | { readonly kind: 'failed'; readonly id?: number; readonly failure: Failure };
