/** Compiles the patterns of tokenizer.json and splits text by them. */
import * as library from '@huggingface/tokenizers';
import { arrayAt, type Configuration, invalid, objectAt, textAt } from './configuration.ts';

// The package's type files import one another without extensions, which NodeNext resolution cannot follow.
const { SplitPreTokenizer } = library as unknown as {
  readonly SplitPreTokenizer: new (configuration: object) => { readonly pattern: unknown };
};

/** A global, Unicode-aware expression from `{ "Regex": … }` (Oniguruma syntax) or `{ "String": … }`. */
export function compilePattern(value: unknown, where: string): RegExp {
  const pattern = typeof value === 'string' ? { String: value } : objectAt(value, where);
  if (pattern.Regex === undefined) return new RegExp(escapePattern(textAt(pattern.String, where)), 'gu');
  textAt(pattern.Regex, where);
  // The library translates Oniguruma's syntax; it knows more of it than is worth repeating here.
  const translated = new SplitPreTokenizer({ type: 'Split', pattern, behavior: 'Isolated', invert: false }).pattern;
  if (!(translated instanceof RegExp)) throw invalid(`${where} is not a pattern this version can read`);
  return translated;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

export const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
export type Behavior = (typeof BEHAVIORS)[number];

export function behaviorOf(configuration: Configuration): Behavior {
  const found = BEHAVIORS.find((name) => name === configuration.behavior);
  if (!found) throw invalid(`unknown split behavior ${JSON.stringify(configuration.behavior)}`);
  return found;
}

/** Splits `text` into the matches of `pattern` and what lies between, then treats the matches as `behavior` says. */
export function splitBy(text: string, pattern: RegExp, behavior: Behavior, invert = false): string[] {
  const parts: string[] = [];
  const matched: boolean[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    if (match[0].length === 0) continue;
    if (match.index > end) {
      parts.push(text.slice(end, match.index));
      matched.push(invert);
    }
    end = match.index + match[0].length;
    parts.push(match[0]);
    matched.push(!invert);
  }
  if (end < text.length) {
    parts.push(text.slice(end));
    matched.push(invert);
  }
  if (behavior === 'Isolated') return parts;
  if (behavior === 'Removed') return parts.filter((_, i) => !matched[i]);
  return merge(parts, matched, behavior);
}

function merge(parts: readonly string[], matched: readonly boolean[], behavior: Behavior): string[] {
  const result: string[] = [];
  if (behavior === 'MergedWithNext') {
    let next = false;
    for (let i = parts.length - 1; i >= 0; i -= 1) {
      if (matched[i] && next) result.push(parts[i] + result.pop());
      else result.push(parts[i]);
      next = !matched[i];
    }
    return result.reverse();
  }
  let previous: boolean | undefined;
  for (let i = 0; i < parts.length; i += 1) {
    const joins = behavior === 'Contiguous' ? matched[i] === previous : matched[i] && previous === false;
    if (joins) result.push(result.pop() + parts[i]);
    else result.push(parts[i]);
    previous = matched[i];
  }
  return result;
}

export function patternList(value: unknown, where: string): readonly Configuration[] {
  return arrayAt(value, where).map((entry) => objectAt(entry, where));
}
