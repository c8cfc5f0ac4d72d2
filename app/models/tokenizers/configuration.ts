/** Reads values out of tokenizer.json with the checks that a file from the internet needs. */
import { UserError } from '../../contract/errors.ts';

/** One object of tokenizer.json: every field is unknown until it is read. */
export type Configuration = Readonly<Record<string, unknown>>;

export function invalid(message: string, cause?: unknown): UserError {
  return new UserError('tokenizer/invalid', `tokenizer.json: ${message}`, { cause });
}

export function isObject(value: unknown): value is Configuration {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(value: unknown, where: string): Configuration {
  if (!isObject(value)) throw invalid(`${where} is not an object`);
  return value;
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${where} is not a list`);
  return value;
}

export function textAt(value: unknown, where: string): string {
  if (typeof value !== 'string') throw invalid(`${where} is not a text`);
  return value;
}

/** A token id: ids beyond 2^24 cannot be real and would only exhaust memory. */
export function idAt(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 1 << 24)
    throw invalid(`${where} is not a token id`);
  return value;
}
