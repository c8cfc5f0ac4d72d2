/** Tokens that are found in the text before anything else looks at it, such as "<|im_start|>". */
import { type Configuration, idAt, objectAt, textAt } from './configuration.ts';
import { isWhiteSpace } from './unicode.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized: boolean;
  readonly singleWord: boolean;
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

export function readAddedToken(value: unknown): AddedToken {
  const entry: Configuration = objectAt(value, 'added_tokens');
  const special = entry.special === true;
  return {
    id: idAt(entry.id, 'added_tokens.id'),
    content: textAt(entry.content, 'added_tokens.content'),
    special,
    normalized: typeof entry.normalized === 'boolean' ? entry.normalized : !special,
    singleWord: entry.single_word === true,
    stripsLeft: entry.lstrip === true,
    stripsRight: entry.rstrip === true,
  };
}

/** A stretch of text, or an added token found there. `start`: offset in UTF-16 units in the text that was split. */
export interface Section {
  readonly text: string;
  readonly start: number;
  readonly token?: AddedToken;
}

const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

/** Finds added tokens, leftmost first and the longest of those that begin at the same place. */
export class AddedTokenSplitter {
  readonly #pattern: RegExp | undefined;
  readonly #tokens: ReadonlyMap<string, AddedToken>;

  /** `contents`: what to look for (the token's own text, or its normalized form). */
  constructor(contents: ReadonlyMap<string, AddedToken>) {
    this.#tokens = contents;
    const sorted = [...contents.keys()].filter((text) => text.length > 0).sort((a, b) => b.length - a.length);
    const escaped = sorted.map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
    this.#pattern = escaped.length > 0 ? new RegExp(escaped.join('|'), 'g') : undefined;
  }

  split(text: string): Section[] {
    if (!this.#pattern) return text.length > 0 ? [{ text, start: 0 }] : [];
    const sections: Section[] = [];
    let end = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!;
      let from = match.index;
      let to = from + match[0].length;
      if (from < end || (token.singleWord && !standsAlone(text, from, to))) continue;
      if (token.stripsLeft) while (from > end && isWhiteSpace(text.charCodeAt(from - 1))) from -= 1;
      if (token.stripsRight) while (to < text.length && isWhiteSpace(text.charCodeAt(to))) to += 1;
      if (from > end) sections.push({ text: text.slice(end, from), start: end });
      sections.push({ text: text.slice(from, to), start: from, token });
      end = to;
    }
    if (end < text.length) sections.push({ text: end === 0 ? text : text.slice(end), start: end });
    return sections;
  }
}

function standsAlone(text: string, from: number, to: number): boolean {
  const before = from > 0 ? (Array.from(text.slice(Math.max(0, from - 2), from)).at(-1) ?? '') : '';
  const after = to < text.length ? String.fromCodePoint(text.codePointAt(to)!) : '';
  return !WORD.test(before) && !WORD.test(after);
}
