/** Values inside a template, with the meaning Python gives them. */
import { UserError } from '../../contract/errors.ts';

/** A Python float; plain JavaScript numbers stand for ints. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** What a missing variable or attribute gives: prints as nothing, is false, fails when looked into. */
export class Undefined {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Tuple extends Array<Value> {}

/** Jinja's `namespace()`: the one thing whose attributes a template may set. */
export class Namespace {
  readonly entries: Map<string, Value>;
  constructor(entries: Map<string, Value>) {
    this.entries = entries;
  }
}

/** A function with positional and keyword arguments. */
export class Callable {
  readonly call: (args: readonly Value[], keywords: ReadonlyMap<string, Value>) => Value;
  constructor(call: (args: readonly Value[], keywords: ReadonlyMap<string, Value>) => Value) {
    this.call = call;
  }
}

export type Dictionary = ReadonlyMap<Value, Value>;
export type Value =
  | string
  | number
  | boolean
  | null
  | Float
  | Undefined
  | Namespace
  | Callable
  | readonly Value[]
  | Dictionary;

export function fail(message: string): never {
  throw new UserError('template/failed', message);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isDictionary(value: Value): value is Dictionary {
  return value instanceof Map;
}

export function isNumber(value: Value): value is number | boolean | Float {
  return typeof value === 'number' || typeof value === 'boolean' || value instanceof Float;
}

export function numberOf(value: number | boolean | Float): number {
  return value instanceof Float ? value.value : Number(value);
}

/** None is a value: `??` would take it for a missing one. */
export function given<T>(value: Value | undefined, fallback: T): Value | T {
  return value === undefined ? fallback : value;
}

/** Turns plain data (parsed JSON) into template values. */
export function fromData(data: unknown): Value {
  if (data === undefined) return new Undefined('value');
  if (data === null || typeof data === 'string' || typeof data === 'boolean') return data;
  if (typeof data === 'number') return Number.isSafeInteger(data) ? data : new Float(data);
  if (typeof data === 'bigint') return Number(data);
  if (Array.isArray(data)) return data.map(fromData);
  if (typeof data === 'object')
    return new Map(
      Object.entries(data).flatMap(([key, value]) => (value === undefined ? [] : [[key, fromData(value)]])),
    );
  return fail(`a value of type ${typeof data} cannot be given to a chat template`);
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (value instanceof Float) return 'float';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Namespace) return 'Namespace';
  if (value instanceof Callable) return 'function';
  return isList(value) ? 'list' : 'dict';
}

export function truthy(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'string') return value.length > 0;
  if (isNumber(value)) return numberOf(value) !== 0;
  if (isList(value)) return value.length > 0;
  return isDictionary(value) ? value.size > 0 : true;
}

export function equal(a: Value, b: Value): boolean {
  if (isNumber(a) && isNumber(b)) return numberOf(a) === numberOf(b);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (isList(a) && isList(b))
    return a instanceof Tuple === b instanceof Tuple && a.length === b.length && a.every((v, i) => equal(v, b[i]));
  if (isDictionary(a) && isDictionary(b))
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key)!));
  return a === b;
}

/** Negative, zero or positive, as for sorting. */
export function compare(a: Value, b: Value): number {
  if (isNumber(a) && isNumber(b)) return numberOf(a) - numberOf(b);
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isList(a) && isList(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i += 1) if (!equal(a[i], b[i])) return compare(a[i], b[i]);
    return a.length - b.length;
  }
  return fail(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** By code points: JavaScript's own order is by UTF-16 units. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const x = Array.from(a);
  const y = Array.from(b);
  for (let i = 0; i < Math.min(x.length, y.length); i += 1)
    if (x[i] !== y[i]) return x[i].codePointAt(0)! - y[i].codePointAt(0)!;
  return x.length - y.length;
}

/** Python's `str(value)`. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : represent(value);
}

/** Python's `repr(value)`. */
export function represent(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return integerText(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Tuple) return `(${value.map(represent).join(', ')}${value.length === 1 ? ',' : ''})`;
  if (isList(value)) return `[${value.map(represent).join(', ')}]`;
  if (isDictionary(value)) return `{${[...value].map(([k, v]) => `${represent(k)}: ${represent(v)}`).join(', ')}}`;
  return value instanceof Namespace ? `<Namespace ${represent(value.entries)}>` : '<function>';
}

function integerText(value: number): string {
  return Number.isFinite(value) ? BigInt(value).toString() : fail('a number is too large');
}

/** Exponents have two digits and begin at 1e16 and below 1e-4, not where JavaScript begins them. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) {
    const [digits, exponent] = value.toExponential().split('e');
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let result = mark;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === mark || character === '\\') result += `\\${character}`;
    else if (character === '\n') result += '\\n';
    else if (character === '\r') result += '\\r';
    else if (character === '\t') result += '\\t';
    else if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) result += character;
    else if (code < 0x100) result += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code < 0x10000) result += `\\u${code.toString(16).padStart(4, '0')}`;
    else result += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return result + mark;
}
