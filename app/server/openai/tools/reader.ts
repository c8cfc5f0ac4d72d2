/** Parts an answer, as it comes, into what is said and the tools that are called. */
import type { ToolFormat } from './formats.ts';

export interface ToolCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export interface Parted {
  readonly content: string;
  readonly calls: readonly ToolCall[];
}

export class ToolReader {
  readonly #format: ToolFormat;
  readonly #names: ReadonlySet<string>;
  /** Not given out yet: it may be a call, its beginning, or space around one. */
  #held = '';
  #content = '';
  readonly #calls: ToolCall[] = [];

  constructor(format: ToolFormat, names: Iterable<string>) {
    this.#format = format;
    this.#names = new Set(names);
  }

  /** Everything so far. */
  get whole(): Parted {
    return { content: this.#content, calls: this.#calls };
  }

  /** @returns what is certain now */
  push(text: string): Parted {
    this.#held += text;
    const { open, close } = this.#format;
    const begun = this.#calls.length;
    let content = '';
    if (open === '') {
      // Something else than an object is said, not called.
      if (this.#content !== '' || /^\s*[^\s{]/.test(this.#held)) content = this.#take(this.#held.length);
      return this.#given(content, begun);
    }
    for (;;) {
      const at = this.#held.indexOf(open);
      if (at < 0) {
        content += this.#take(this.#held.length - this.#doubtful(open));
        return this.#given(content, begun);
      }
      const end = this.#held.indexOf(close, at + open.length);
      const said = this.#held.slice(0, at);
      if (said.trim() !== '') content += this.#take(said.trimEnd().length);
      if (end < 0) return this.#given(content, begun);
      const from = this.#held.indexOf(open) + open.length;
      const call = this.#read(this.#held.slice(from, this.#held.indexOf(close, from)));
      const past = this.#held.indexOf(close, from) + close.length;
      if (call) {
        this.#calls.push(call);
        this.#held = this.#held.slice(past);
      } else content += this.#take(past);
    }
  }

  /** The text has ended: what was held back is a call without its end, or was only said. */
  finish(): Parted {
    const begun = this.#calls.length;
    const { open } = this.#format;
    const at = this.#held.indexOf(open);
    const call = at < 0 ? undefined : this.#read(this.#held.slice(at + open.length));
    if (call) {
      this.#calls.push(call);
      this.#held = '';
    }
    // Space around calls means nothing.
    const content = this.#calls.length > 0 && this.#held.trim() === '' ? '' : this.#take(this.#held.length);
    return this.#given(content, begun);
  }

  #given(content: string, begun: number): Parted {
    this.#content += content;
    return { content, calls: this.#calls.slice(begun) };
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }

  /** Length of the end that may yet become a call, or space before one. */
  #doubtful(open: string): number {
    let length = Math.min(open.length - 1, this.#held.length);
    while (length > 0 && !open.startsWith(this.#held.slice(-length))) length -= 1;
    const before = this.#held.slice(0, this.#held.length - length);
    return length + before.length - before.trimEnd().length;
  }

  #read(text: string): ToolCall | undefined {
    try {
      const call = JSON.parse(text) as Record<string, unknown> | null;
      const given = call?.[this.#format.arguments] ?? {};
      if (typeof call?.name !== 'string' || !this.#names.has(call.name) || typeof given !== 'object') return undefined;
      return { name: call.name, arguments: JSON.stringify(given) };
    } catch {
      return undefined;
    }
  }
}
