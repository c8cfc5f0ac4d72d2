/** Python's string methods. */
import type { Budget } from './budget.ts';
import { equal, fail, isList, isNumber, numberOf, Tuple, toText, typeName, type Value } from './values.ts';

type Method = (text: string, args: readonly Value[], budget: Budget, keywords: ReadonlyMap<string, Value>) => Value;

function textArgument(value: Value | undefined, method: string): string {
  return typeof value === 'string'
    ? value
    : fail(`${method}() needs a string, not ${value === undefined ? 'nothing' : typeName(value)}`);
}

function countArgument(value: Value | undefined): number {
  return value !== undefined && isNumber(value) ? numberOf(value) : -1;
}

/** Python's white space: U+001C to U+001F and U+0085 belong to it, U+FEFF does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python counts them as white space.
const SPACE = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

const WORD = new RegExp(`[^${SPACE.source.slice(1)}+`, 'g');

/** Drops characters from one or both ends: those in `characters`, or white space. */
export function strip(text: string, characters: Value | undefined, left: boolean, right: boolean): string {
  if (characters === undefined || characters === null) return stripSpace(text, left, right);
  const set = new Set(textArgument(characters, 'strip'));
  const all = Array.from(text);
  let from = 0;
  let to = all.length;
  if (left) while (from < to && set.has(all[from])) from += 1;
  if (right) while (to > from && set.has(all[to - 1])) to -= 1;
  return from === 0 && to === all.length ? text : all.slice(from, to).join('');
}

function stripSpace(text: string, left: boolean, right: boolean): string {
  let from = 0;
  let to = text.length;
  if (left) while (from < to && SPACE.test(text[from])) from += 1;
  if (right) while (to > from && SPACE.test(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

function splitSpace(text: string, most: number): string[] {
  const parts: string[] = [];
  for (const match of text.matchAll(WORD)) {
    if (most >= 0 && parts.length >= most) {
      parts.push(strip(text.slice(match.index), undefined, false, true));
      break;
    }
    parts.push(match[0]);
  }
  return parts;
}

function split(text: string, separator: Value | undefined, most: number, budget: Budget): Value {
  if (separator === undefined || separator === null) return budget.list(splitSpace(text, most));
  const mark = textArgument(separator, 'split');
  if (mark.length === 0) return fail('empty separator');
  const parts = text.split(mark);
  if (most >= 0 && parts.length > most + 1) parts.push(parts.splice(most).join(mark));
  return budget.list(parts);
}

function rsplit(text: string, separator: Value | undefined, most: number, budget: Budget): Value {
  if (most < 0) return split(text, separator, most, budget);
  if (separator === undefined || separator === null) return fail('rsplit() needs a separator here');
  const mark = textArgument(separator, 'rsplit');
  if (mark.length === 0) return fail('empty separator');
  const parts = text.split(mark);
  if (parts.length > most + 1) parts.unshift(parts.splice(0, parts.length - most).join(mark));
  return budget.list(parts);
}

/** `count` below zero replaces all. */
export function replace(text: string, from: string, to: string, count: number, budget: Budget): string {
  const found = from.length === 0 ? text.length + 1 : text.split(from).length - 1;
  const times = count < 0 ? found : Math.min(count, found);
  budget.checkText(text.length + times * to.length);
  if (from.length === 0) {
    const characters = Array.from(text);
    const parts = characters.map((character, i) => (i < times ? to : '') + character);
    return parts.join('') + (times > characters.length ? to : '');
  }
  const parts = text.split(from);
  const rest = parts.splice(times).join(from);
  return [...parts, rest].join(to);
}

function starts(text: string, wanted: Value | undefined, atEnd: boolean): boolean {
  const one = (value: Value): boolean => {
    const part = textArgument(value, atEnd ? 'endswith' : 'startswith');
    return atEnd ? text.endsWith(part) : text.startsWith(part);
  };
  if (wanted === undefined) return fail('startswith() needs an argument');
  return isList(wanted) ? wanted.some(one) : one(wanted);
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = Array.from(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

export function title(text: string): string {
  return text.replace(/\p{L}+/gu, capitalize);
}

function partition(text: string, mark: string, at: number): Value {
  if (at < 0) return Tuple.from([text, '', '']);
  return Tuple.from([text.slice(0, at), mark, text.slice(at + mark.length)]);
}

function pad(text: string, args: readonly Value[], budget: Budget, where: 'left' | 'right' | 'both'): string {
  const fill = args[1] === undefined ? ' ' : textArgument(args[1], 'just');
  const missing = Math.max(0, countArgument(args[0]) - text.length);
  budget.checkText(missing);
  const left = where === 'left' ? missing : where === 'both' ? Math.floor(missing / 2) : 0;
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

function all(text: string, pattern: RegExp): boolean {
  return text.length > 0 && Array.from(text).every((character) => pattern.test(character));
}

/** Offsets count code points in Python; the templates compare them with -1 or 0, but let us be right. */
function offset(text: string, at: number): number {
  return at < 0 ? -1 : Array.from(text.slice(0, at)).length;
}

export const TEXT_METHODS: Readonly<Record<string, Method>> = {
  strip: (text, [characters]) => strip(text, characters, true, true),
  lstrip: (text, [characters]) => strip(text, characters, true, false),
  rstrip: (text, [characters]) => strip(text, characters, false, true),
  split: (text, [separator, most], budget, keywords) =>
    split(text, separator ?? keywords.get('sep'), countArgument(most ?? keywords.get('maxsplit')), budget),
  rsplit: (text, [separator, most], budget, keywords) =>
    rsplit(text, separator ?? keywords.get('sep'), countArgument(most ?? keywords.get('maxsplit')), budget),
  splitlines: (text, [keep], budget) => {
    const lines = text.match(/[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+$/g) ?? [];
    return budget.list(keep === true ? lines : lines.map((line) => line.replace(/[\r\n]+$/, '')));
  },
  startswith: (text, [wanted]) => starts(text, wanted, false),
  endswith: (text, [wanted]) => starts(text, wanted, true),
  replace: (text, [from, to, count], budget, keywords) =>
    replace(
      text,
      textArgument(from, 'replace'),
      textArgument(to, 'replace'),
      countArgument(count ?? keywords.get('count')),
      budget,
    ),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  title,
  capitalize,
  swapcase: (text) => Array.from(text, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join(''),
  join: (text, [items], budget) => {
    if (items === undefined || !isList(items)) return fail('join() needs a list');
    return budget.text(items.map((item) => textArgument(item, 'join')).join(text));
  },
  find: (text, [part]) => offset(text, text.indexOf(textArgument(part, 'find'))),
  rfind: (text, [part]) => offset(text, text.lastIndexOf(textArgument(part, 'rfind'))),
  index: (text, [part]) => {
    const at = text.indexOf(textArgument(part, 'index'));
    return at < 0 ? fail('substring not found') : offset(text, at);
  },
  count: (text, [part]) => {
    const wanted = textArgument(part, 'count');
    return wanted.length === 0 ? Array.from(text).length + 1 : text.split(wanted).length - 1;
  },
  removeprefix: (text, [prefix]) => {
    const start = textArgument(prefix, 'removeprefix');
    return text.startsWith(start) ? text.slice(start.length) : text;
  },
  removesuffix: (text, [suffix]) => {
    const end = textArgument(suffix, 'removesuffix');
    return end.length > 0 && text.endsWith(end) ? text.slice(0, -end.length) : text;
  },
  partition: (text, [mark]) =>
    partition(text, textArgument(mark, 'partition'), text.indexOf(textArgument(mark, 'partition'))),
  rpartition: (text, [mark]) => {
    const part = textArgument(mark, 'rpartition');
    const at = text.lastIndexOf(part);
    return at < 0 ? Tuple.from(['', '', text]) : partition(text, part, at);
  },
  zfill: (text, [width], budget) => pad(text, [width ?? 0, '0'], budget, 'left'),
  ljust: (text, args, budget) => pad(text, args, budget, 'right'),
  rjust: (text, args, budget) => pad(text, args, budget, 'left'),
  center: (text, args, budget) => pad(text, args, budget, 'both'),
  isdigit: (text) => all(text, /[\p{Nd}\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089]/u),
  isnumeric: (text) => all(text, /\p{N}/u),
  isalpha: (text) => all(text, /\p{L}/u),
  isalnum: (text) => all(text, /[\p{L}\p{N}]/u),
  isspace: (text) => all(text, SPACE),
  isupper: (text) => /\p{Lu}/u.test(text) && text === text.toUpperCase(),
  islower: (text) => /\p{Ll}/u.test(text) && text === text.toLowerCase(),
  format: (text, args, budget, keywords) => {
    let next = 0;
    const filled = text.replace(/\{\{|\}\}|\{(\w*)\}/g, (whole, name: string | undefined) => {
      if (whole === '{{') return '{';
      if (whole === '}}') return '}';
      const value = name === '' ? args[next++] : /^\d+$/.test(name!) ? args[Number(name)] : keywords.get(name!);
      return value === undefined ? fail('format() has no value for a field') : toText(value);
    });
    return budget.text(filled);
  },
};

/** `list.index` and `list.count`, the list methods that change nothing. */
export const LIST_METHODS: Readonly<Record<string, (list: readonly Value[], args: readonly Value[]) => Value>> = {
  index: (list, [item]) => {
    const at = list.findIndex((value) => item !== undefined && equal(value, item));
    return at < 0 ? fail('the value is not in the list') : at;
  },
  count: (list, [item]) => list.filter((value) => item !== undefined && equal(value, item)).length,
  copy: (list) => [...list],
};
