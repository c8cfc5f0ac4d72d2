/** One choice of a stream whose text may call tools: what has become certain, with the tokens behind it. */
import type { BatchToken } from '../../../generate/batch/sequence.ts';
import type { Piece } from '../answer.ts';
import type { Parted, ToolCall, ToolReader } from './reader.ts';

export interface CertainPart extends Piece {
  readonly calls: readonly ToolCall[];
  /** Calls of this choice before these. */
  readonly callsBefore: number;
}

export class CalledStream {
  readonly #reader: ToolReader;
  /** Of what is not certain yet. */
  #tokens: BatchToken[] = [];
  #calls = 0;

  constructor(reader: ToolReader) {
    this.#reader = reader;
  }

  /** Tools called so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Undefined while a call is being written. */
  push({ text, tokens }: Piece): CertainPart | undefined {
    this.#tokens.push(...tokens);
    return this.#certain(this.#reader.push(text));
  }

  /** What is left when the text has ended, if anything is. */
  finish(): CertainPart | undefined {
    return this.#certain(this.#reader.finish());
  }

  #certain({ content, calls }: Parted): CertainPart | undefined {
    if (content === '' && calls.length === 0) return undefined;
    const part = { text: content, tokens: this.#tokens, calls, callsBefore: this.#calls };
    this.#tokens = [];
    this.#calls += calls.length;
    return part;
  }
}
