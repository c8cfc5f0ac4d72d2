/** JSON strings other than some, written without escapes, so that no other writing of those can be meant. */
import { chars, type Expression, either, type Range, repeat, sequence, text, without } from './expression.ts';
import { PLAIN_CHARACTER } from './json-text.ts';

const PLAIN = (PLAIN_CHARACTER as Extract<Expression, { kind: 'chars' }>).ranges;

/** @param names what the string must not be */
export function otherThan(names: readonly string[]): Expression {
  return sequence(text('"'), rest(names.map((name) => Array.from(name, (c) => c.codePointAt(0) as number))));
}

/** What is left of the string, its closing quote included, where `names` are the ends of those that began alike. */
function rest(names: readonly (readonly number[])[]): Expression {
  if (names.length === 0) return sequence(repeat(PLAIN_CHARACTER, 0), text('"'));
  const starts = [...new Set(names.flatMap(([first]) => (first === undefined ? [] : [first])))];
  const options: Expression[] = starts
    .filter((start) => PLAIN.some(([a, b]) => start >= a && start <= b))
    .map((start) =>
      sequence(chars([start, start]), rest(names.filter(([first]) => first === start).map((name) => name.slice(1)))),
    );
  const free = without(
    PLAIN,
    starts.map((start): Range => [start, start]),
  );
  options.push(sequence({ kind: 'chars', ranges: free }, repeat(PLAIN_CHARACTER, 0), text('"')));
  if (!names.some(({ length }) => length === 0)) options.push(text('"'));
  return either(...options);
}
