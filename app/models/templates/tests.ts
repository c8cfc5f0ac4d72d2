/** Jinja's tests: what may follow `is`. */
import {
  Callable,
  compare,
  equal,
  Float,
  fail,
  isDictionary,
  isList,
  isNumber,
  numberOf,
  Undefined,
  type Value,
} from './values.ts';

type Test = (value: Value, argument?: Value) => boolean;

function integer(value: Value, test: string): number {
  return isNumber(value) ? numberOf(value) : fail(`the test '${test}' needs a number`);
}

function needed(value: Value | undefined, test: string): Value {
  return value === undefined ? fail(`the test '${test}' needs an argument`) : value;
}

const isEqual: Test = (value, other) => equal(value, needed(other, 'equalto'));

export const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  true: (value) => value === true,
  false: (value) => value === false,
  string: (value) => typeof value === 'string',
  number: (value) => isNumber(value),
  integer: (value) => typeof value === 'number',
  float: (value) => value instanceof Float,
  mapping: (value) => isDictionary(value),
  sequence: (value) => typeof value === 'string' || isList(value) || isDictionary(value) || value instanceof Undefined,
  iterable: (value) => typeof value === 'string' || isList(value) || isDictionary(value) || value instanceof Undefined,
  callable: (value) => value instanceof Callable,
  odd: (value) => integer(value, 'odd') % 2 !== 0,
  even: (value) => integer(value, 'even') % 2 === 0,
  divisibleby: (value, by) => integer(value, 'divisibleby') % integer(needed(by, 'divisibleby'), 'divisibleby') === 0,
  lower: (value) => typeof value === 'string' && /\p{L}/u.test(value) && value === value.toLowerCase(),
  upper: (value) => typeof value === 'string' && /\p{L}/u.test(value) && value === value.toUpperCase(),
  eq: isEqual,
  equalto: isEqual,
  '==': isEqual,
  ne: (value, other) => !equal(value, needed(other, 'ne')),
  '!=': (value, other) => !equal(value, needed(other, '!=')),
  lt: (value, other) => compare(value, needed(other, 'lt')) < 0,
  gt: (value, other) => compare(value, needed(other, 'gt')) > 0,
  le: (value, other) => compare(value, needed(other, 'le')) <= 0,
  ge: (value, other) => compare(value, needed(other, 'ge')) >= 0,
  in: (value, container) => {
    const list = needed(container, 'in');
    if (typeof list === 'string') return typeof value === 'string' && list.includes(value);
    return isList(list) ? list.some((v) => equal(v, value)) : isDictionary(list) && list.has(value);
  },
};

export function testNamed(name: string): Test {
  return Object.hasOwn(TESTS, name) ? TESTS[name] : fail(`No test named '${name}'.`);
}
