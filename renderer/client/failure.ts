/** What went wrong, in the shape every page shows: what, why, what to do, a code to search for. */
import { ORPCError } from '@orpc/client';
import { inWindowWords } from './window-words.ts';

export interface PageFailure {
  readonly message: string;
  readonly hint: string;
  readonly code: string;
  /** Of a bug: all there is to know, to be copied. */
  readonly report?: string;
}

interface Told {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  readonly report?: string;
}

/** @param error whatever was thrown by a call of the engine or by the page itself, or what a job kept of it */
export function failureOf(error: unknown): PageFailure {
  const failure = isFailure(error) ? error : told(error);
  return { ...failure, message: inWindowWords(failure.message), hint: inWindowWords(failure.hint) };
}

const isFailure = (error: unknown): error is PageFailure =>
  typeof error === 'object' && error !== null && 'hint' in error && 'code' in error;

function told(error: unknown): PageFailure {
  if (error instanceof ORPCError) {
    const data = (error.data ?? {}) as Told;
    if (error.code === 'USER')
      return { message: data.message ?? error.message, hint: data.hint ?? '', code: data.code ?? 'unknown' };
    if (error.code === 'BUG')
      return {
        message: data.message ?? error.message,
        hint: 'This is a fault of Lathe, not yours. Copy the report and send it to us.',
        code: 'internal',
        report: data.report,
      };
    return {
      message: error.message,
      hint: 'Page and engine do not understand each other: reload the page.',
      code: `engine/${error.code.toLowerCase().replaceAll('_', '-')}`,
      report: JSON.stringify(error, undefined, 2),
    };
  }
  const thrown = error instanceof Error ? error : new Error(String(error));
  if (thrown.name === 'AbortError')
    return {
      message: 'The engine went away before it answered.',
      hint: 'It is being started again: try once more when the header says that it is ready.',
      code: 'engine/lost',
    };
  return {
    message: thrown.message,
    hint: 'This is a fault of Lathe, not yours. Copy the report and send it to us.',
    code: 'page/internal',
    report: thrown.stack,
  };
}
