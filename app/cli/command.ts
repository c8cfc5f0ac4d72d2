/** What a command is: its words, its flags as a schema, and one function. */
import type { z } from 'zod';
import type { Progress } from './progress.ts';

export interface CommandContext {
  readonly signal: AbortSignal;
  /** From `--threads`; undefined: the runtime's choice. */
  readonly threads: number | undefined;
  /** The data folder. */
  readonly home: string;
  progress(label: string, total: number, unit?: string): Progress;
  /** Takes the numbers of one training step, where somebody draws them. */
  metric?(values: Readonly<Record<string, number>>): void;
  /** What a model is to answer now and then while it is trained, and who hears the answers. */
  readonly samples?: {
    readonly prompts: readonly string[];
    take(answer: { readonly step: number; readonly prompt: string; readonly text: string }): void;
  };
  /** Takes generated text piece by piece, where somebody watches. */
  readonly streamText?: (piece: string) => void;
  /** A line for people, on standard error. */
  say(text: string): void;
  /** The same for what should worry them. */
  warn(text: string): void;
}

export interface Argument {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
}

export interface Command<S extends z.ZodObject = z.ZodObject> {
  /** `tokenize`, or `models import` for one of a group. */
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly arguments: readonly Argument[];
  /** Keys become flags (`maxTokens` -> `--max-tokens`), descriptions their help. */
  readonly options: S;
  /** @returns the JSON document */
  run(args: readonly string[], options: z.infer<S>, context: CommandContext): Promise<object>;
  /** What a person reads instead of the JSON. */
  print(result: never): string;
}

export interface CommandRules<S extends z.ZodObject, R extends object> extends Omit<Command<S>, 'run' | 'print'> {
  run(args: readonly string[], options: z.infer<S>, context: CommandContext): Promise<R>;
  print(result: R): string;
}

export function defineCommand<S extends z.ZodObject, R extends object>(rules: CommandRules<S, R>): Command {
  return rules as unknown as Command;
}
