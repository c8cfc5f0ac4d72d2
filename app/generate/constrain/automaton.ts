/**
 * Runs a grammar over bytes: a set of stacks, each of which is a place in a rule and where to go on after it (as in
 * llama.cpp's grammars). States are numbered as they are met, and what a byte leads to is remembered, so that most of the
 * work is looking up.
 */
import { UserError } from '../../contract/errors.ts';
import { type Expression, type Grammar, MOST_NESTED } from './expression.ts';
import { type ByteRange, utf8Sequences } from './utf8.ts';

/** Where an alternative ends. */
const END = -1;
export const DEAD = -1;
const UNKNOWN = -2;
/** The stack on which nothing is left. */
const EMPTY = 0;
/** More states, copies of a repeated part, or places at which a text may be at once, are a mistake in the grammar. */
const MOST_STATES = 100_000;
const MOST_PLACES = 200_000;
const MOST_AT_ONCE = 50_000;

type Place = { readonly bytes: readonly ByteRange[] } | { readonly rule: number } | typeof END;

export class Automaton {
  /** Places of all alternatives, one alternative after the other. */
  readonly #places: Place[] = [];
  /** Where the alternatives of each rule begin. */
  readonly #rules: number[][] = [];
  /** Stacks: the place at the top, and the stack below. */
  readonly #tops: number[] = [END];
  readonly #below: number[] = [EMPTY];
  readonly #stackIds = new Map<string, number>();
  readonly #states: number[][] = [];
  readonly #stateIds = new Map<string, number>();
  readonly #moves: Int32Array[] = [];
  readonly start: number;

  /** @throws UserError schema/unsatisfiable where no text meets the grammar, schema/unsupported for a left recursion */
  constructor(grammar: Grammar) {
    const start = this.#compile(grammar);
    this.#dropUnproductive(start);
    this.#refuseLeftRecursion();
    this.start = this.#state(this.#waiting(this.#rules[start].map((alternative) => [alternative, EMPTY])));
  }

  #compile({ start, rules }: Grammar): number {
    const numbers = new Map([...rules.keys()].map((name, i) => [name, i] as const));
    for (const _ of rules) this.#rules.push([]);
    const fresh = (alternatives: Place[][]): Place => {
      this.#rules.push([]);
      this.#define(this.#rules.length - 1, alternatives);
      return { rule: this.#rules.length - 1 };
    };
    let copies = 0;
    let nested = 0;
    const places = (expression: Expression): Place[] => {
      // A parser's own limit counts brackets, each of which may be several parts here.
      if (nested >= 3 * MOST_NESTED) throw new UserError('schema/unsupported', 'the grammar is nested too deep');
      nested += 1;
      const found = placesOf(expression);
      nested -= 1;
      return found;
    };
    const placesOf = (expression: Expression): Place[] => {
      switch (expression.kind) {
        case 'sequence':
          return expression.parts.flatMap(places);
        case 'rule': {
          const number = numbers.get(expression.name);
          if (number === undefined) throw new UserError('schema/unsupported', `there is no rule "${expression.name}"`);
          return [{ rule: number }];
        }
        case 'chars':
          return onePlace(bytePlaces(expression.ranges), fresh);
        case 'either':
          return onePlace(expression.parts.map(places), fresh);
        default: {
          const { part, least, most } = expression;
          const [one] = onePlace([places(part)], fresh, true);
          copies += Number.isFinite(most) ? most : least;
          if (copies > MOST_PLACES) {
            throw new UserError(
              'schema/unsupported',
              `a part repeated ${Number.isFinite(most) ? most : least} times is too much`,
            );
          }
          const needed = new Array<Place>(least).fill(one);
          if (!Number.isFinite(most)) {
            const loop = { rule: this.#rules.length };
            this.#rules.push([]);
            this.#define(loop.rule, [[one, loop], []]);
            return [...needed, loop];
          }
          // The first of these may come, and then the second, and so on.
          let rest: Place[] = [];
          for (let i = least; i < most; i++) rest = [fresh([[one, ...rest], []])];
          return [...needed, ...rest];
        }
      }
    };
    for (const [name, expression] of rules) {
      const alternatives = expression.kind === 'either' ? expression.parts.map(places) : [places(expression)];
      this.#define(numbers.get(name) as number, alternatives);
    }
    const first = numbers.get(start);
    if (first === undefined) throw new UserError('schema/unsupported', `there is no rule "${start}"`);
    return first;
  }

  #define(rule: number, alternatives: readonly (readonly Place[])[]): void {
    for (const alternative of alternatives) {
      this.#rules[rule].push(this.#places.length);
      for (const place of alternative) this.#places.push(place);
      this.#places.push(END);
    }
    if (this.#places.length > MOST_PLACES) throw new UserError('schema/unsupported', 'the grammar is too large');
  }

  /** Leaves out alternatives that no text can meet, so that no beginning leads nowhere. */
  #dropUnproductive(start: number): void {
    const good = new Set<number>();
    const finishes = (at: number): boolean => {
      for (let i = at; this.#places[i] !== END; i++) {
        const place = this.#places[i] as Exclude<Place, typeof END>;
        if ('rule' in place ? !good.has(place.rule) : place.bytes.length === 0) return false;
      }
      return true;
    };
    for (let grown = true; grown; ) {
      grown = false;
      for (const [rule, alternatives] of this.#rules.entries()) {
        if (good.has(rule) || !alternatives.some(finishes)) continue;
        good.add(rule);
        grown = true;
      }
    }
    if (!good.has(start)) throw new UserError('schema/unsatisfiable', 'no text can meet it');
    for (const [rule, alternatives] of this.#rules.entries()) this.#rules[rule] = alternatives.filter(finishes);
  }

  #refuseLeftRecursion(): void {
    const canBeEmpty = new Set<number>();
    const empty = (at: number): boolean => {
      for (let i = at; this.#places[i] !== END; i++) {
        const place = this.#places[i] as Exclude<Place, typeof END>;
        if (!('rule' in place) || !canBeEmpty.has(place.rule)) return false;
      }
      return true;
    };
    for (let grown = true; grown; ) {
      grown = false;
      for (const [rule, alternatives] of this.#rules.entries()) {
        if (canBeEmpty.has(rule) || !alternatives.some(empty)) continue;
        canBeEmpty.add(rule);
        grown = true;
      }
    }
    /** Rules that a rule may begin with. */
    const firsts = this.#rules.map((alternatives) =>
      alternatives.flatMap((at) => {
        const found: number[] = [];
        for (let i = at; this.#places[i] !== END; i++) {
          const place = this.#places[i] as Exclude<Place, typeof END>;
          if (!('rule' in place)) break;
          found.push(place.rule);
          if (!canBeEmpty.has(place.rule)) break;
        }
        return found;
      }),
    );
    // Rules that nothing begins with are taken away, again and again (Kahn 1962): what is left goes round.
    const beginners = new Int32Array(firsts.length);
    for (const rule of firsts.flat()) beginners[rule] += 1;
    const free = [...beginners.keys()].filter((rule) => beginners[rule] === 0);
    for (const rule of free) for (const first of firsts[rule]) if (--beginners[first] === 0) free.push(first);
    if (free.length < firsts.length)
      throw new UserError('schema/unsupported', 'a rule of the grammar begins with itself');
  }

  /** Number of the stack with `place` on top of another; places at an end are taken off. */
  #push(place: number, below: number): number {
    if (this.#places[place] === END) return below;
    const key = `${place} ${below}`;
    let id = this.#stackIds.get(key);
    if (id === undefined) {
      id = this.#tops.length;
      this.#stackIds.set(key, id);
      this.#tops.push(place);
      this.#below.push(below);
    }
    return id;
  }

  /**
   * Stacks whose top waits for a byte, and the empty one where all may be over.
   * @param from places with the stacks below them, each of which is looked at once, however many ways lead there
   */
  #waiting(from: readonly (readonly [place: number, below: number])[]): Set<number> {
    const found = new Set<number>();
    const seen = new Set<number>();
    const open = [...from];
    for (let next = open.pop(); next; next = open.pop()) {
      const [place, below] = next;
      const what = this.#places[place];
      if (what === END) {
        if (below === EMPTY) found.add(EMPTY);
        else open.push([this.#tops[below], this.#below[below]]);
        continue;
      }
      const stack = this.#push(place, below);
      if (seen.has(stack)) continue;
      seen.add(stack);
      if (seen.size > MOST_AT_ONCE) throw new UserError('schema/unsupported', 'the grammar leaves too many ways open');
      if (!('rule' in what)) found.add(stack);
      else {
        const after = this.#push(place + 1, below);
        for (const alternative of this.#rules[what.rule]) open.push([alternative, after]);
      }
    }
    return found;
  }

  #state(stacks: ReadonlySet<number>): number {
    if (stacks.size === 0) return DEAD;
    const sorted = [...stacks].sort((a, b) => a - b);
    const key = sorted.join();
    let id = this.#stateIds.get(key);
    if (id === undefined) {
      id = this.#states.length;
      if (id >= MOST_STATES) throw new UserError('schema/unsupported', 'the grammar has too many states');
      this.#stateIds.set(key, id);
      this.#states.push(sorted);
      this.#moves.push(new Int32Array(256).fill(UNKNOWN));
    }
    return id;
  }

  /** Whether the text may end here. */
  accepts(state: number): boolean {
    return this.#states[state][0] === EMPTY;
  }

  /** Where a byte leads, or `DEAD`. */
  next(state: number, byte: number): number {
    const known = this.#moves[state][byte];
    if (known !== UNKNOWN) return known;
    const after: [number, number][] = [];
    for (const stack of this.#states[state]) {
      if (stack === EMPTY) continue;
      const place = this.#places[this.#tops[stack]] as { readonly bytes: readonly ByteRange[] };
      if (!place.bytes.some(([first, last]) => byte >= first && byte <= last)) continue;
      after.push([this.#tops[stack] + 1, this.#below[stack]]);
    }
    const to = this.#state(this.#waiting(after));
    this.#moves[state][byte] = to;
    return to;
  }
}

/** A class of characters as alternatives of bytes; those of one byte are one alternative. */
function bytePlaces(ranges: readonly (readonly [number, number])[]): Place[][] {
  const sequences = ranges.flatMap(utf8Sequences);
  const single = sequences.filter(({ length }) => length === 1).map(([range]) => range);
  const longer = sequences
    .filter(({ length }) => length > 1)
    .map((parts) => parts.map((range) => ({ bytes: [range] })));
  return [...(single.length > 0 ? [[{ bytes: single }]] : []), ...longer];
}

/** Alternatives as places of a sequence: themselves where there is one, else a rule of its own. */
function onePlace(alternatives: Place[][], fresh: (alternatives: Place[][]) => Place, single = false): Place[] {
  if (alternatives.length === 1 && (!single || alternatives[0].length === 1)) return alternatives[0];
  return [fresh(alternatives)];
}
