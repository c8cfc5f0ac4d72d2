/** An error as it is kept and shown: with its code and hint where the user can mend it, with a report where it is a bug. */
import { UserError } from '../contract/errors.ts';
import type { Failure } from '../contract/shared.ts';

export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UserError) return { code: error.code, message, hint: error.hint };
  const report = error instanceof Error ? (error.stack ?? message) : message;
  return { code: 'internal', message, hint: 'This is a bug in Lathe: please report it with the text below.', report };
}

/** The way back, on the other side of a process boundary. */
export function errorOf({ code, message, report }: Failure): Error {
  if (code !== 'internal') return new UserError(code, message);
  const error = new Error(message);
  if (report) error.stack = report;
  return error;
}
