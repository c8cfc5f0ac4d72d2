/** The `tojson` filter as transformers defines it: Python's json.dumps without HTML or (by default) ASCII escaping. */
import {
  compare,
  type Dictionary,
  Float,
  fail,
  floatText,
  isDictionary,
  isList,
  Namespace,
  toText,
  typeName,
  type Value,
} from './values.ts';

export interface JsonOptions {
  readonly ensureAscii: boolean;
  readonly indent: string | undefined;
  readonly separators: readonly [string, string] | undefined;
  readonly sortKeys: boolean;
}

export function toJson(value: Value, options: JsonOptions): string {
  const [item, key] = options.separators ?? [options.indent === undefined ? ', ' : ',', ': '];
  const text = (content: string): string => {
    const quoted = JSON.stringify(content);
    if (!options.ensureAscii) return quoted;
    return quoted.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  };
  const wrap = (parts: string[], open: string, close: string, depth: number): string => {
    if (parts.length === 0) return open + close;
    if (options.indent === undefined) return open + parts.join(item) + close;
    const inner = `\n${options.indent.repeat(depth + 1)}`;
    return `${open}${inner}${parts.join(item + inner)}\n${options.indent.repeat(depth)}${close}`;
  };
  const write = (current: Value, depth: number): string => {
    if (current === null || typeof current === 'boolean') return String(current);
    if (typeof current === 'string') return text(current);
    if (typeof current === 'number') return toText(current);
    if (current instanceof Float) return jsonFloat(current.value);
    if (isList(current))
      return wrap(
        current.map((v) => write(v, depth + 1)),
        '[',
        ']',
        depth,
      );
    if (isDictionary(current)) {
      const parts = entries(current, options.sortKeys).map(([k, v]) => text(keyText(k)) + key + write(v, depth + 1));
      return wrap(parts, '{', '}', depth);
    }
    if (current instanceof Namespace) return fail('Object of type Namespace is not JSON serializable');
    return fail(`Object of type ${typeName(current)} is not JSON serializable`);
  };
  return write(value, 0);
}

function entries(dictionary: Dictionary, sorted: boolean): [Value, Value][] {
  const all = [...dictionary];
  return sorted ? all.sort(([a], [b]) => compare(a, b)) : all;
}

function keyText(key: Value): string {
  if (key === null || typeof key === 'boolean') return String(key);
  return toText(key);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}
