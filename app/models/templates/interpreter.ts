/** Runs a parsed template with Python's and Jinja's rules, within a budget. */
import type { CallNode, ForNode, Identifier, Node, SliceNode } from './ast.ts';
import { attribute, item } from './attributes.ts';
import { Budget } from './budget.ts';
import { elements, filterNamed, type Keywords } from './filters.ts';
import { binary } from './operators.ts';
import { testNamed } from './tests.ts';
import {
  Callable,
  Float,
  fail,
  given,
  isDictionary,
  isList,
  isNumber,
  Namespace,
  numberOf,
  Tuple,
  toText,
  truthy,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Jinja's own sandbox allows no longer range either. */
const LONGEST_RANGE = 100_000;
const NO_KEYWORDS: Keywords = new Map();

/** Thrown by break and continue; never leaves the loop it belongs to. */
class LoopControl extends Error {
  readonly stops: boolean;
  constructor(stops: boolean) {
    super('break or continue outside a loop');
    this.stops = stops;
  }
}

/** Where statements write: shared by nested blocks, so that a break keeps what was written before it. */
interface Output {
  text: string;
}

class Scope {
  readonly #values = new Map<string, Value>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  get(name: string): Value {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    return this.#parent ? this.#parent.get(name) : new Undefined(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

export interface Globals {
  readonly strftime: (format: string) => string;
}

/** @throws UserError template/failed when the template raises, errs or uses too much */
export function interpret(program: readonly Node[], variables: ReadonlyMap<string, Value>, globals: Globals): string {
  const interpreter = new Interpreter(globals);
  return interpreter.run(program, variables);
}

class Interpreter {
  readonly #budget = new Budget();
  readonly #globals: Globals;

  constructor(globals: Globals) {
    this.#globals = globals;
  }

  run(program: readonly Node[], variables: ReadonlyMap<string, Value>): string {
    const scope = new Scope();
    for (const [name, value] of this.#builtins()) scope.set(name, value);
    for (const [name, value] of variables) scope.set(name, value);
    return this.#capture(program, scope);
  }

  #builtins(): [string, Value][] {
    const constants: [string, Value][] = [
      ['true', true],
      ['True', true],
      ['false', false],
      ['False', false],
      ['none', null],
      ['None', null],
    ];
    return [
      ...constants,
      ['raise_exception', new Callable(([message]) => fail(toText(message ?? '')))],
      ['strftime_now', new Callable(([format]) => this.#globals.strftime(toText(format ?? '')))],
      ['range', new Callable((args) => this.#range(args))],
      ['namespace', new Callable((args, keywords) => namespace(args, keywords))],
      ['dict', new Callable((args, keywords) => new Map([...pairs(args[0]), ...keywords]))],
    ];
  }

  #range(args: readonly Value[]): Value {
    const numbers = args.map((arg) => (isNumber(arg) ? numberOf(arg) : fail('range() needs integers')));
    const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
    if (step === 0) return fail('range() arg 3 must not be zero');
    const length = Math.max(0, Math.ceil((stop - start) / step));
    if (!(length <= LONGEST_RANGE))
      return fail(`Range too big. The sandbox blocks ranges larger than ${LONGEST_RANGE}.`);
    this.#budget.spend(length);
    return Array.from({ length }, (_, i) => start + i * step);
  }

  #capture(nodes: readonly Node[], scope: Scope): string {
    const output: Output = { text: '' };
    this.#block(nodes, scope, output);
    return output.text;
  }

  #block(nodes: readonly Node[], scope: Scope, output: Output): void {
    for (const node of nodes) this.#statement(node, scope, output);
  }

  #write(text: string, output: Output): void {
    output.text += text;
    this.#budget.limitText(output.text.length);
  }

  #statement(node: Node, scope: Scope, output: Output): void {
    this.#budget.spend();
    switch (node.type) {
      case 'StringLiteral':
        this.#write(node.value, output);
        break;
      case 'If':
        this.#block(truthy(this.#evaluate(node.test, scope)) ? node.body : node.alternate, scope, output);
        break;
      case 'For':
        this.#loop(node, scope, output);
        break;
      case 'Set': {
        const value = node.value ? this.#evaluate(node.value, scope) : this.#capture(node.body, new Scope(scope));
        this.#assign(node.assignee, value, scope);
        break;
      }
      case 'Macro':
        scope.set(node.name.value, this.#macro(node.args, node.body, scope));
        break;
      case 'CallStatement': {
        const callee = this.#evaluate(node.call.callee, scope);
        const [args, keywords] = this.#arguments(node.call.args, scope);
        const caller = this.#macro(node.callerArgs ?? [], node.body, scope);
        this.#write(toText(this.#call(callee, args, new Map([...keywords, ['caller', caller]]))), output);
        break;
      }
      case 'FilterStatement': {
        const body = this.#capture(node.body, new Scope(scope));
        this.#write(toText(this.#filter(body, node.filter, scope)), output);
        break;
      }
      case 'Break':
      case 'Continue':
        throw new LoopControl(node.type === 'Break');
      case 'Comment':
        break;
      default:
        this.#write(toText(this.#evaluate(node, scope)), output);
        break;
    }
  }

  #loop(node: ForNode, scope: Scope, output: Output): void {
    const select = node.iterable.type === 'SelectExpression' ? node.iterable : undefined;
    const iterable = this.#evaluate(select ? select.lhs : node.iterable, scope);
    let items = elements(iterable);
    if (select)
      items = items.filter((value) => {
        const inner = new Scope(scope);
        this.#assign(node.loopvar, value, inner);
        return truthy(this.#evaluate(select.test, inner));
      });
    if (items.length === 0) this.#block(node.defaultBlock, scope, output);
    for (let i = 0; i < items.length; i += 1) {
      this.#budget.spend();
      // A scope of its own each time: what one round sets, the next must not see.
      const inner = new Scope(scope);
      inner.set('loop', loopVariable(items, i));
      this.#assign(node.loopvar, items[i], inner);
      try {
        this.#block(node.body, inner, output);
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.stops) break;
      }
    }
  }

  #assign(target: Node, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') scope.set(target.value, value);
    else if (target.type === 'TupleLiteral') {
      const values = elements(value);
      if (values.length !== target.value.length)
        fail(`cannot unpack ${values.length} values into ${target.value.length} names`);
      for (let i = 0; i < values.length; i += 1) this.#assign(target.value[i], values[i], scope);
    } else if (target.type === 'MemberExpression' && target.property.type === 'Identifier') {
      const object = this.#evaluate(target.object, scope);
      if (!(object instanceof Namespace)) fail('cannot assign attribute on non-namespace object');
      (object as Namespace).entries.set(target.property.value, value);
    } else fail('cannot assign to this expression');
  }

  #macro(parameters: readonly Node[], body: readonly Node[], definition: Scope): Callable {
    return new Callable((args, keywords) => {
      this.#budget.spend();
      const scope = new Scope(definition);
      const names = new Set<string>();
      for (let i = 0; i < parameters.length; i += 1) {
        const parameter = parameters[i];
        const fallback = parameter.type === 'KeywordArgumentExpression' ? parameter.value : undefined;
        const name =
          parameter.type === 'KeywordArgumentExpression' ? parameter.key.value : (parameter as Identifier).value;
        names.add(name);
        const value = given(args[i], keywords.get(name));
        if (value !== undefined) scope.set(name, value);
        else scope.set(name, fallback ? this.#evaluate(fallback, scope) : new Undefined(name));
      }
      scope.set('varargs', Tuple.from(args.slice(parameters.length)));
      scope.set('kwargs', new Map([...keywords].filter(([name]) => !names.has(name))));
      const caller = keywords.get('caller');
      if (caller) scope.set('caller', caller);
      return this.#capture(body, scope);
    });
  }

  #evaluate(node: Node, scope: Scope): Value {
    this.#budget.spend();
    switch (node.type) {
      case 'StringLiteral':
      case 'IntegerLiteral':
        return node.value;
      case 'FloatLiteral':
        return new Float(node.value);
      case 'ArrayLiteral':
        return node.value.map((entry) => this.#evaluate(entry, scope));
      case 'TupleLiteral':
        return Tuple.from(node.value.map((entry) => this.#evaluate(entry, scope)));
      case 'ObjectLiteral':
        return new Map(
          [...node.value].map(([key, value]) => [this.#evaluate(key, scope), this.#evaluate(value, scope)]),
        );
      case 'Identifier':
        return scope.get(node.value);
      case 'MemberExpression':
        return this.#member(node.object, node.property, node.computed, scope);
      case 'CallExpression': {
        const callee = this.#evaluate(node.callee, scope);
        const [args, keywords] = this.#arguments(node.args, scope);
        return this.#call(callee, args, keywords);
      }
      case 'BinaryExpression': {
        const left = this.#evaluate(node.left, scope);
        if (node.operator.value === 'and') return truthy(left) ? this.#evaluate(node.right, scope) : left;
        if (node.operator.value === 'or') return truthy(left) ? left : this.#evaluate(node.right, scope);
        return binary(node.operator.value, left, this.#evaluate(node.right, scope), this.#budget);
      }
      case 'UnaryExpression':
        return unary(node.operator.value, this.#evaluate(node.argument, scope));
      case 'FilterExpression':
        return this.#filter(this.#evaluate(node.operand, scope), node.filter, scope);
      case 'TestExpression':
        return testNamed(node.test.value)(this.#evaluate(node.operand, scope)) !== node.negate;
      case 'SelectExpression':
        return truthy(this.#evaluate(node.test, scope))
          ? this.#evaluate(node.lhs, scope)
          : new Undefined('the inline if-expression');
      case 'Ternary':
        return this.#evaluate(truthy(this.#evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
      default:
        return fail(`${node.type} cannot be used as a value`);
    }
  }

  #member(objectNode: Node, property: Node, computed: boolean, scope: Scope): Value {
    const object = this.#evaluate(objectNode, scope);
    if (computed && property.type === 'SliceExpression') return this.#slice(object, property, scope);
    if (computed) return item(object, this.#evaluate(property, scope), this.#budget);
    return property.type === 'Identifier'
      ? attribute(object, property.value, this.#budget)
      : item(object, this.#evaluate(property, scope), this.#budget);
  }

  #slice(object: Value, node: SliceNode, scope: Scope): Value {
    if (object instanceof Undefined) return fail(`'${object.name}' is undefined`);
    if (!isList(object) && typeof object !== 'string') return fail(`'${typeName(object)}' object is not subscriptable`);
    const bound = (part: Node | undefined): number | undefined => {
      const value = part ? this.#evaluate(part, scope) : null;
      if (value === null) return undefined;
      return isNumber(value) ? numberOf(value) : fail('slice indices must be integers or None');
    };
    const list = elements(object);
    this.#budget.spend(list.length / 8);
    const result = slice(list, bound(node.start), bound(node.stop), bound(node.step) ?? 1);
    return typeof object === 'string' ? result.join('') : object instanceof Tuple ? Tuple.from(result) : result;
  }

  #arguments(nodes: readonly Node[], scope: Scope): [Value[], Keywords] {
    const args: Value[] = [];
    let keywords: Map<string, Value> | undefined;
    for (const node of nodes) {
      if (node.type === 'KeywordArgumentExpression')
        (keywords ??= new Map()).set(node.key.value, this.#evaluate(node.value, scope));
      else if (node.type === 'SpreadExpression') args.push(...elements(this.#evaluate(node.argument, scope)));
      else if (node.type === 'KeywordSpreadExpression') {
        const given = this.#evaluate(node.argument, scope);
        if (!isDictionary(given)) return fail('argument after ** must be a mapping');
        for (const [key, value] of given) (keywords ??= new Map()).set(toText(key), value);
      } else args.push(this.#evaluate(node, scope));
    }
    return [args, keywords ?? NO_KEYWORDS];
  }

  #call(callee: Value, args: readonly Value[], keywords: Keywords): Value {
    if (callee instanceof Undefined) return fail(`'${callee.name}' is undefined`);
    if (!(callee instanceof Callable)) return fail(`'${typeName(callee)}' object is not callable`);
    return callee.call(args, keywords);
  }

  #filter(value: Value, node: Identifier | CallNode, scope: Scope): Value {
    if (node.type === 'Identifier') return this.#applyFilter(value, node.value, [], NO_KEYWORDS);
    const [args, keywords] = this.#arguments(node.args, scope);
    return this.#applyFilter(value, (node.callee as Identifier).value, args, keywords);
  }

  #applyFilter(value: Value, name: string, args: readonly Value[], keywords: Keywords): Value {
    if (typeof value === 'string') this.#budget.spendText(value.length);
    return filterNamed(name)(value, args, keywords, this.#budget);
  }
}

function unary(operator: string, value: Value): Value {
  if (operator === 'not') return !truthy(value);
  if (!isNumber(value)) return fail(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const number = operator === '-' ? -numberOf(value) : numberOf(value);
  return value instanceof Float ? new Float(number) : number;
}

function namespace(args: readonly Value[], keywords: Keywords): Namespace {
  const entries = new Map<string, Value>();
  for (const [key, value] of pairs(args[0])) entries.set(toText(key), value);
  for (const [key, value] of keywords) entries.set(key, value);
  return new Namespace(entries);
}

function pairs(value: Value | undefined): [Value, Value][] {
  if (value === undefined) return [];
  if (isDictionary(value)) return [...value];
  return elements(value).map((entry) => {
    const [key, second] = elements(entry);
    return [key, second];
  });
}

function loopVariable(items: readonly Value[], at: number): Value {
  return new Map<Value, Value>([
    ['index', at + 1],
    ['index0', at],
    ['revindex', items.length - at],
    ['revindex0', items.length - at - 1],
    ['first', at === 0],
    ['last', at === items.length - 1],
    ['length', items.length],
    ['previtem', at > 0 ? items[at - 1] : new Undefined('there is no previous item')],
    ['nextitem', at + 1 < items.length ? items[at + 1] : new Undefined('there is no next item')],
    ['depth', 1],
    ['depth0', 0],
    ['cycle', new Callable((args) => (args.length > 0 ? args[at % args.length] : fail('no items for cycling given')))],
  ]);
}

function slice(list: readonly Value[], start: number | undefined, stop: number | undefined, step: number): Value[] {
  if (step === 0) return fail('slice step cannot be zero');
  const length = list.length;
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(Math.max(value < 0 ? value + length : value, low), high);
  const forward = step > 0;
  let from =
    start === undefined ? (forward ? 0 : length - 1) : forward ? clamp(start, 0, length) : clamp(start, -1, length - 1);
  const to =
    stop === undefined ? (forward ? length : -1) : forward ? clamp(stop, 0, length) : clamp(stop, -1, length - 1);
  const result: Value[] = [];
  for (; forward ? from < to : from > to; from += step) result.push(list[from]);
  return result;
}
