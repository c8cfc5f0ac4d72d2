/**
 * Regular expressions of JSON schemas: characters, classes, groups, alternatives and counts. A pattern may match anywhere
 * in the string unless it is anchored.
 */
import { UserError } from '../../contract/errors.ts';
import { type Expression, either, MOST_NESTED, type Range, repeat, sequence, without } from './expression.ts';
import { PLAIN_CHARACTER } from './json-text.ts';

const PLAIN = (PLAIN_CHARACTER as Extract<Expression, { kind: 'chars' }>).ranges;
const DIGITS: Range[] = [[0x30, 0x39]];
const WORD: Range[] = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const BLANK: Range[] = [[0x20, 0x20]];
const ALL: Range[] = [[0, 0x10ffff]];
const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  d: DIGITS,
  w: WORD,
  s: BLANK,
  D: without(ALL, DIGITS),
  W: without(ALL, WORD),
  S: without(ALL, [...BLANK, [9, 13]]),
};

/** Characters that must be escaped in JSON cannot be chosen. @throws UserError schema/unsupported */
export function parsePattern(pattern: string, at: string): Expression {
  const anchoredStart = pattern.startsWith('^');
  const anchoredEnd = pattern.endsWith('$') && !pattern.endsWith('\\$');
  const body = pattern.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  const reader = new PatternReader(Array.from(body), `${at} has the pattern ${JSON.stringify(pattern)}`);
  const parsed = reader.read();
  if ((anchoredStart || anchoredEnd) && reader.hasTopAlternatives)
    reader.refuse('which anchors one of several alternatives');
  const any = repeat(PLAIN_CHARACTER, 0);
  return sequence(...(anchoredStart ? [] : [any]), parsed, ...(anchoredEnd ? [] : [any]));
}

const point = (c: string) => c.codePointAt(0) as number;

class PatternReader {
  readonly #all: readonly string[];
  readonly #where: string;
  #at = 0;
  #open = 0;
  hasTopAlternatives = false;

  constructor(all: readonly string[], where: string) {
    this.#all = all;
    this.#where = where;
  }

  refuse(why: string): never {
    throw new UserError('schema/unsupported', `${this.#where}, ${why}`);
  }

  read(): Expression {
    const parsed = this.#alternatives(true);
    if (this.#at < this.#all.length) this.refuse(`where "${this.#all[this.#at]}" is out of place`);
    return parsed;
  }

  #alternatives(top = false): Expression {
    const options = [this.#sequence()];
    while (this.#take('|')) {
      if (top) this.hasTopAlternatives = true;
      options.push(this.#sequence());
    }
    return either(...options);
  }

  #take(character: string): boolean {
    if (this.#all[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#all.length && !'|)'.includes(this.#all[this.#at])) parts.push(this.#counted(this.#atom()));
    return sequence(...parts);
  }

  #counted(part: Expression): Expression {
    let counted = part;
    if (this.#take('*')) counted = repeat(part, 0);
    else if (this.#take('+')) counted = repeat(part, 1);
    else if (this.#take('?')) counted = repeat(part, 0, 1);
    else if (this.#take('{')) {
      const end = this.#all.indexOf('}', this.#at);
      const found = /^(\d+)(,(\d*))?$/.exec(this.#all.slice(this.#at, end).join(''));
      if (end < 0 || !found) return this.refuse('whose count cannot be read');
      this.#at = end + 1;
      const least = Number(found[1]);
      const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
      if (most < least) throw new UserError('schema/unsatisfiable', `${this.#where}, whose count is empty`);
      counted = repeat(part, least, most);
    }
    // Whether a match is short or long makes no difference to which texts match.
    this.#take('?');
    return counted;
  }

  #atom(): Expression {
    const c = this.#all[this.#at++];
    if (c === '(') {
      if (this.#take('?') && !this.#take(':')) this.refuse('which looks around');
      if (++this.#open > MOST_NESTED) this.refuse(`where more than ${MOST_NESTED} groups are open`);
      const inner = this.#alternatives();
      this.#open -= 1;
      if (!this.#take(')')) this.refuse('where a group is open');
      return inner;
    }
    if (c === '[') return this.#class();
    if (c === '.') return PLAIN_CHARACTER;
    if (c === '\\') return writable(this.#escaped());
    if ('^$*+?{'.includes(c)) return this.refuse(`where "${c}" is out of place`);
    return writable([[point(c), point(c)]]);
  }

  #escaped(): readonly Range[] {
    const c = this.#all[this.#at++];
    if (c === undefined) return this.refuse('which ends in a backslash');
    if (CLASSES[c]) return CLASSES[c];
    if (c === 'u' || c === 'x') {
      const length = c === 'u' ? 4 : 2;
      const code = Number.parseInt(this.#all.slice(this.#at, this.#at + length).join(''), 16);
      this.#at += length;
      return Number.isNaN(code) ? this.refuse('whose escape cannot be read') : [[code, code]];
    }
    if (/[A-Za-z0-9]/.test(c)) return this.refuse(`whose "\\${c}" is not known`);
    return [[point(c), point(c)]];
  }

  #class(): Expression {
    const negated = this.#take('^');
    const ranges: Range[] = [];
    while (!this.#take(']')) {
      const first = this.#one();
      const single = first.length === 1 && first[0][0] === first[0][1];
      if (single && this.#all[this.#at] === '-' && this.#all[this.#at + 1] !== ']') {
        this.#at += 1;
        const last = this.#one();
        ranges.push([first[0][0], last[0][1]]);
      } else ranges.push(...first);
    }
    return writable(negated ? without(ALL, ranges) : ranges);
  }

  #one(): readonly Range[] {
    const c = this.#all[this.#at++];
    if (c === undefined) return this.refuse('where a class is open');
    return c === '\\' ? this.#escaped() : [[point(c), point(c)]];
  }
}

/** Those of some characters that stand in a JSON string as they are. */
function writable(ranges: readonly Range[]): Expression {
  const outside = without(ALL, PLAIN);
  return { kind: 'chars', ranges: without(ranges, outside) };
}
