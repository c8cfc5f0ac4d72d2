/** `a.b` and `a['b']`, as Jinja's sandbox resolves them. */
import type { Budget } from './budget.ts';
import { LIST_METHODS, TEXT_METHODS } from './python-text.ts';
import {
  Callable,
  type Dictionary,
  fail,
  given,
  isDictionary,
  isList,
  Namespace,
  Tuple,
  toText,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** What would change the template's input: Jinja's immutable sandbox refuses it, and so do we. */
const CHANGING = new Set([
  'append',
  'extend',
  'insert',
  'pop',
  'remove',
  'clear',
  'update',
  'setdefault',
  'sort',
  'reverse',
  'popitem',
]);

const DICTIONARY_METHODS: Readonly<Record<string, (dictionary: Dictionary, args: readonly Value[]) => Value>> = {
  get: (dictionary, [key, fallback = null]) =>
    key === undefined ? fail('get() needs a key') : given(dictionary.get(key), fallback),
  items: (dictionary) => [...dictionary].map((entry) => Tuple.from(entry)),
  keys: (dictionary) => [...dictionary.keys()],
  values: (dictionary) => [...dictionary.values()],
  copy: (dictionary) => new Map(dictionary),
};

function method(object: Value, name: string, budget: Budget): Callable | undefined {
  if (typeof object === 'string' && Object.hasOwn(TEXT_METHODS, name))
    return new Callable((args, keywords) => {
      budget.spendText(object.length);
      return TEXT_METHODS[name](object, args, budget, keywords);
    });
  if (isList(object) && Object.hasOwn(LIST_METHODS, name))
    return new Callable((args) => LIST_METHODS[name](object, args));
  if (isDictionary(object) && Object.hasOwn(DICTIONARY_METHODS, name))
    return new Callable((args) => {
      budget.spend(object.size);
      return DICTIONARY_METHODS[name](object, args);
    });
  if ((isList(object) || isDictionary(object)) && CHANGING.has(name))
    return new Callable(() => fail(`a chat template may not change its input ('${name}')`));
  return undefined;
}

/** `object.name`: a method first, then an entry. */
export function attribute(object: Value, name: string, budget: Budget): Value {
  if (object instanceof Undefined) return fail(`'${object.name}' is undefined`);
  if (object instanceof Namespace) return given(object.entries.get(name), new Undefined(name));
  const found = method(object, name, budget);
  if (found) return found;
  if (isDictionary(object)) return given(object.get(name), missing(object, name));
  return missing(object, name);
}

/** `object[key]`: an entry first, then a method. */
export function item(object: Value, key: Value, budget: Budget): Value {
  if (object instanceof Undefined) return fail(`'${object.name}' is undefined`);
  if (isDictionary(object)) {
    const value = object.get(key);
    if (value !== undefined) return value;
  }
  if (typeof key === 'number' && (isList(object) || typeof object === 'string')) {
    if (typeof object === 'string') budget.spendText(object.length);
    const list = typeof object === 'string' ? Array.from(object) : object;
    return given(list.at(key), missing(object, String(key)));
  }
  return typeof key === 'string' ? attribute(object, key, budget) : missing(object, toText(key));
}

function missing(object: Value, name: string): Undefined {
  return new Undefined(`${typeName(object)} object' has no attribute '${name}`);
}
