/** Typed access to GGUF metadata. */
import { UserError } from '../../contract/errors.ts';
import type { GgufMetadata } from '../weights/index.ts';

export class Metadata {
  readonly #entries: GgufMetadata;
  readonly #file: string;

  constructor(entries: GgufMetadata, file: string) {
    this.#entries = entries;
    this.#file = file;
  }

  #get<T>(key: string, check: (value: unknown) => value is T): T | undefined {
    const found = this.#entries.get(key)?.value;
    if (found === undefined) return undefined;
    const value: unknown = typeof found === 'bigint' ? Number(found) : found;
    if (!check(value)) throw new UserError('weights/corrupt', `${this.#file}: ${key} has the wrong type`);
    return value;
  }

  number = (key: string): number | undefined => this.#get(key, (v): v is number => typeof v === 'number');
  string = (key: string): string | undefined => this.#get(key, (v): v is string => typeof v === 'string');
  boolean = (key: string): boolean | undefined => this.#get(key, (v): v is boolean => typeof v === 'boolean');

  /** @throws UserError weights/corrupt where it is missing */
  needed(key: string): number {
    const value = this.number(key);
    if (value === undefined) throw new UserError('weights/corrupt', `${this.#file} does not say ${key}`);
    return value;
  }

  strings = (key: string): readonly string[] | undefined =>
    this.#get(key, (v): v is readonly string[] => Array.isArray(v) && v.every((item) => typeof item === 'string'));
  numbers = (key: string): readonly number[] | undefined =>
    this.#get(key, (v): v is readonly number[] => Array.isArray(v) && v.every((item) => typeof item === 'number'));
}

/** The shortest decimal that the stored float32 stands for: 1e-5, not 9.999999747378752e-6. */
export const single = (value: number): number => Number(value.toPrecision(7));
