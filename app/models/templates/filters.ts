/** Jinja's filters: what may follow `|`. */
import { attribute, item } from './attributes.ts';
import type { Budget } from './budget.ts';
import { toJson } from './json.ts';
import { formatPercent } from './operators.ts';
import { capitalize, replace, strip, title } from './python-text.ts';
import { testNamed } from './tests.ts';
import {
  compare,
  equal,
  Float,
  fail,
  given,
  isDictionary,
  isList,
  isNumber,
  numberOf,
  Tuple,
  toText,
  truthy,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

export type Keywords = ReadonlyMap<string, Value>;
type Filter = (value: Value, args: readonly Value[], keywords: Keywords, budget: Budget) => Value;

/** The elements of anything that can be looped over. */
export function elements(value: Value): readonly Value[] {
  if (value instanceof Undefined) return [];
  if (isList(value)) return value;
  if (typeof value === 'string') return Array.from(value);
  if (isDictionary(value)) return [...value.keys()];
  return fail(`'${typeName(value)}' object is not iterable`);
}

function length(value: Value): number {
  if (isDictionary(value)) return value.size;
  if (value instanceof Undefined) return 0;
  if (isList(value) || typeof value === 'string') return elements(value).length;
  return fail(`object of type '${typeName(value)}' has no len()`);
}

/** Follows a path such as "function.name" or 0 into `value`. */
function path(value: Value, at: Value, budget: Budget): Value {
  if (typeof at === 'number') return item(value, at, budget);
  return toText(at)
    .split('.')
    .reduce<Value>((current, part) => {
      if (current instanceof Undefined) return current;
      return /^\d+$/.test(part) ? item(current, Number(part), budget) : item(current, part, budget);
    }, value);
}

function folded(value: Value, caseSensitive: boolean): Value {
  return typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value;
}

function sort(value: Value, args: readonly Value[], keywords: Keywords, budget: Budget): Value {
  const [reverse = keywords.get('reverse') ?? false, sensitive = keywords.get('case_sensitive') ?? false] = args;
  const by = args[2] ?? keywords.get('attribute') ?? null;
  const list = elements(value);
  budget.spend(list.length * 20);
  const keyed = list.map((entry) => ({
    entry,
    key: folded(by === null ? entry : path(entry, by, budget), truthy(sensitive)),
  }));
  const sign = truthy(reverse) ? -1 : 1;
  return keyed.sort((a, b) => sign * compare(a.key, b.key)).map(({ entry }) => entry);
}

function dictSort(value: Value, args: readonly Value[], keywords: Keywords): Value {
  if (!isDictionary(value)) return fail('dictsort needs a dictionary');
  const sensitive = truthy(args[0] ?? keywords.get('case_sensitive') ?? false);
  const at = (args[1] ?? keywords.get('by') ?? 'key') === 'value' ? 1 : 0;
  const sign = truthy(args[2] ?? keywords.get('reverse') ?? false) ? -1 : 1;
  return [...value]
    .sort((a, b) => sign * compare(folded(a[at], sensitive), folded(b[at], sensitive)))
    .map((entry) => Tuple.from(entry));
}

function choose(keep: boolean, byAttribute: boolean): Filter {
  return (value, args, _keywords, budget) => {
    const [name, ...rest] = byAttribute ? args.slice(1) : args;
    const test = name === undefined ? truthy : testNamed(toText(name));
    return elements(value).filter((entry) => {
      budget.spend();
      const subject = byAttribute ? path(entry, args[0] ?? '', budget) : entry;
      return test(subject, rest[0]) === keep;
    });
  };
}

function indent(value: Value, args: readonly Value[], keywords: Keywords, budget: Budget): Value {
  const width = args[0] ?? keywords.get('width') ?? 4;
  const first = truthy(args[1] ?? keywords.get('first') ?? false);
  const blank = truthy(args[2] ?? keywords.get('blank') ?? false);
  if (typeof width === 'number') budget.checkText(width);
  const space = typeof width === 'number' ? ' '.repeat(Math.max(0, width)) : toText(width);
  const lines = toText(value).split('\n');
  budget.checkText(lines.length * space.length);
  return lines.map((line, i) => ((i === 0 ? first : blank || line.length > 0) ? space + line : line)).join('\n');
}

function toNumber(value: Value, fallback: Value, whole: boolean): Value {
  if (isNumber(value)) return whole ? Math.trunc(numberOf(value)) : new Float(numberOf(value));
  const text = typeof value === 'string' ? value.trim() : '';
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return fallback;
  return whole ? Math.trunc(Number(text)) : new Float(Number(text));
}

function round(value: Value, args: readonly Value[], keywords: Keywords): Value {
  if (!isNumber(value)) return fail('round needs a number');
  const precision = toText(args[0] ?? keywords.get('precision') ?? 0);
  const method = toText(args[1] ?? keywords.get('method') ?? 'common');
  const scale = 10 ** Number(precision);
  const scaled = numberOf(value) * scale;
  const rounded = method === 'ceil' ? Math.ceil(scaled) : method === 'floor' ? Math.floor(scaled) : halfToEven(scaled);
  return new Float(rounded / scale);
}

function halfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function json(value: Value, args: readonly Value[], keywords: Keywords, budget: Budget): Value {
  const [ascii, indentation, separators, sorted] = ['ensure_ascii', 'indent', 'separators', 'sort_keys'].map(
    (name, i) => args[i] ?? keywords.get(name) ?? null,
  );
  if (value instanceof Undefined) return fail('Object of type Undefined is not JSON serializable');
  if (typeof indentation === 'number') budget.checkText(indentation * 64);
  const pair = separators !== null && isList(separators) ? separators.map(toText) : undefined;
  if (pair && pair.length !== 2) return fail('separators needs two strings');
  return budget.text(
    toJson(value, {
      ensureAscii: truthy(ascii),
      indent:
        typeof indentation === 'number'
          ? ' '.repeat(indentation)
          : typeof indentation === 'string'
            ? indentation
            : undefined,
      separators: pair as [string, string] | undefined,
      sortKeys: truthy(sorted),
    }),
  );
}

function extreme(sign: 1 | -1): Filter {
  return (value) => {
    const list = elements(value);
    if (list.length === 0) return new Undefined('No aggregated item, sequence was empty.');
    return list.reduce((best, entry) => (sign * compare(entry, best) > 0 ? entry : best));
  };
}

const fallback: Filter = (value, [substitute, whenFalse], keywords) => {
  const boolean = truthy(whenFalse ?? keywords.get('boolean') ?? false);
  const missing = value instanceof Undefined || (boolean && !truthy(value));
  return missing ? given(given(substitute, keywords.get('default_value')), '') : value;
};

const count: Filter = (value, _args, _keywords, budget) => {
  if (typeof value === 'string') budget.spendText(value.length);
  return length(value);
};

export const FILTERS: Readonly<Record<string, Filter>> = {
  tojson: json,
  safe: (value) => value,
  string: (value) => toText(value),
  length: count,
  count,
  trim: (value, [characters]) => strip(toText(value), characters, true, true),
  upper: (value) => toText(value).toUpperCase(),
  lower: (value) => toText(value).toLowerCase(),
  title: (value) => title(toText(value)),
  capitalize: (value) => capitalize(toText(value)),
  default: fallback,
  d: fallback,
  first: (value) => given(elements(value)[0], new Undefined('No first item, sequence was empty.')),
  last: (value) => given(elements(value).at(-1), new Undefined('No last item, sequence was empty.')),
  list: (value) => [...elements(value)],
  items: (value) => {
    if (value instanceof Undefined) return [];
    return isDictionary(value)
      ? [...value].map((entry) => Tuple.from(entry))
      : fail('Can only get item pairs from a mapping.');
  },
  reverse: (value) => {
    const reversed = [...elements(value)].reverse();
    return typeof value === 'string' ? reversed.join('') : reversed;
  },
  sort,
  dictsort: dictSort,
  unique: (value, _args, _keywords, budget) => {
    const seen = new Set<Value>();
    const list = elements(value);
    budget.spend(list.length);
    return list.filter((entry) => {
      const key = folded(entry, false);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  },
  join: (value, [separator, by], keywords, budget) => {
    const mark = toText(separator ?? keywords.get('d') ?? '');
    const at = by ?? keywords.get('attribute');
    const parts = elements(value).map((entry) => toText(at === undefined ? entry : path(entry, at, budget)));
    budget.checkText(parts.length * mark.length + parts.reduce((sum, part) => sum + part.length, 0));
    return parts.join(mark);
  },
  map: (value, args, keywords, budget) => {
    const at = keywords.get('attribute');
    if (at !== undefined) {
      const substitute = keywords.get('default');
      return elements(value).map((entry) => {
        budget.spend();
        const found = path(entry, at, budget);
        return found instanceof Undefined ? (substitute ?? found) : found;
      });
    }
    const [name, ...rest] = args;
    const filter = filterNamed(toText(name ?? ''));
    return elements(value).map((entry) => {
      budget.spend();
      return filter(entry, rest, keywords, budget);
    });
  },
  select: choose(true, false),
  reject: choose(false, false),
  selectattr: choose(true, true),
  rejectattr: choose(false, true),
  replace: (value, [from, to, times], keywords, budget) =>
    replace(toText(value), toText(from ?? ''), toText(to ?? ''), Number(times ?? keywords.get('count') ?? -1), budget),
  indent,
  int: (value, [substitute], keywords) => toNumber(value, substitute ?? keywords.get('default') ?? 0, true),
  float: (value, [substitute], keywords) =>
    toNumber(value, substitute ?? keywords.get('default') ?? new Float(0), false),
  abs: (value) => {
    if (!isNumber(value)) return fail('abs needs a number');
    return value instanceof Float ? new Float(Math.abs(value.value)) : Math.abs(numberOf(value));
  },
  round,
  sum: (value) => elements(value).reduce<number>((sum, v) => sum + (isNumber(v) ? numberOf(v) : 0), 0),
  min: extreme(-1),
  max: extreme(1),
  wordcount: (value) => (toText(value).match(/\w+/gu) ?? []).length,
  format: (value, args, _keywords, budget) => budget.text(formatPercent(toText(value), Tuple.from(args))),
  attr: (value, [name], _keywords, budget) => attribute(value, toText(name ?? ''), budget),
  escape: (value) => escapeHtml(toText(value)),
  e: (value) => escapeHtml(toText(value)),
  batch: (value, [size]) => {
    const list = elements(value);
    const step = typeof size === 'number' && size > 0 ? size : fail('batch needs a size');
    return Array.from({ length: Math.ceil(list.length / step) }, (_, i) => list.slice(i * step, (i + 1) * step));
  },
  groupby: (value, [by], _keywords, budget) => {
    const groups: [Value, Value[]][] = [];
    for (const entry of elements(sort(value, [false, true, by ?? ''], new Map(), budget))) {
      const key = path(entry, by ?? '', budget);
      const last = groups.at(-1);
      if (last && equal(last[0], key)) last[1].push(entry);
      else groups.push([key, [entry]]);
    }
    return groups.map((group) => Tuple.from(group));
  },
};

function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character]);
}

export function filterNamed(name: string): Filter {
  return Object.hasOwn(FILTERS, name) ? FILTERS[name] : fail(`No filter named '${name}'.`);
}
