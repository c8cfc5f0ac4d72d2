/** Python's binary operators, with limits on the size of what they make. */
import type { Budget } from './budget.ts';
import {
  compare,
  equal,
  Float,
  fail,
  isDictionary,
  isList,
  isNumber,
  Namespace,
  numberOf,
  toText,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

export function binary(operator: string, left: Value, right: Value, budget: Budget): Value {
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '~':
      return budget.text(toText(left) + toText(right));
    case 'in':
      return contains(right, left, budget);
    case 'not in':
      return !contains(right, left, budget);
  }
  for (const side of [left, right]) if (side instanceof Undefined) return fail(`'${side.name}' is undefined`);
  switch (operator) {
    case '<':
      return compare(left, right) < 0;
    case '>':
      return compare(left, right) > 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>=':
      return compare(left, right) >= 0;
    case '+':
      if (typeof left === 'string' && typeof right === 'string') return budget.text(left + right);
      if (isList(left) && isList(right)) return budget.list([...left, ...right]);
      if (typeof left === 'string') return fail(`can only concatenate str (not "${typeName(right)}") to str`);
      break;
    case '*':
      if (typeof left === 'string' && typeof right === 'number') return repeatText(left, right, budget);
      if (typeof left === 'number' && typeof right === 'string') return repeatText(right, left, budget);
      if (isList(left) && typeof right === 'number') return repeatList(left, right, budget);
      break;
    case '%':
      if (typeof left === 'string') return budget.text(formatPercent(left, right));
      break;
  }
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, left, right);
  return fail(`unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`);
}

function arithmetic(operator: string, left: number | boolean | Float, right: number | boolean | Float): Value {
  const a = numberOf(left);
  const b = numberOf(right);
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) return fail('division by zero');
  const float = left instanceof Float || right instanceof Float;
  const wrap = (value: number): Value => {
    if (!float && !Number.isFinite(value)) return fail('a number is too large');
    return float ? new Float(value) : value;
  };
  switch (operator) {
    case '+':
      return wrap(a + b);
    case '-':
      return wrap(a - b);
    case '*':
      return wrap(a * b);
    case '/':
      return new Float(a / b);
    case '//':
      return wrap(Math.floor(a / b));
    case '%':
      return wrap(a - b * Math.floor(a / b));
    case '**':
      return !float && b < 0 ? new Float(a ** b) : wrap(a ** b);
    default:
      return fail(`unknown operator ${operator}`);
  }
}

function contains(container: Value, item: Value, budget: Budget): boolean {
  if (container instanceof Undefined) return false;
  if (typeof container === 'string') {
    if (typeof item !== 'string') return fail(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    budget.spendText(container.length);
    return container.includes(item);
  }
  if (isDictionary(container)) return container.has(item);
  if (container instanceof Namespace) return typeof item === 'string' && container.entries.has(item);
  if (isList(container)) {
    budget.spend(container.length);
    return container.some((value) => equal(value, item));
  }
  return fail(`argument of type '${typeName(container)}' is not iterable`);
}

function repeatText(text: string, times: number, budget: Budget): string {
  const count = Math.max(0, times);
  budget.checkText(text.length * count);
  return budget.text(text.repeat(count));
}

function repeatList(list: readonly Value[], times: number, budget: Budget): Value {
  const count = Math.max(0, times);
  budget.checkList(list.length * count);
  return budget.list(Array.from({ length: count }, () => list).flat());
}

/** `'%s of %d' % values`: the plain conversions only. */
export function formatPercent(pattern: string, values: Value): string {
  const list = isList(values) ? values : [values];
  let next = 0;
  return pattern.replace(/%([sd%])/g, (_, kind: string) => {
    if (kind === '%') return '%';
    if (next >= list.length) return fail('not enough arguments for format string');
    const value = list[next++];
    if (kind === 's') return toText(value);
    return isNumber(value) ? String(Math.trunc(numberOf(value))) : fail('%d format: a number is required');
  });
}
