/** The texts of JSON (RFC 8259) as rules, with as much white space as models write. */
import {
  chars,
  charsBut,
  type Expression,
  either,
  maybe,
  NOTHING,
  repeat,
  rule,
  sequence,
  text,
} from './expression.ts';

/** At most a line break and some indentation: without a limit a model may write nothing else. */
export const SPACE: Expression = rule('space');
const HEX: Expression = chars('09', 'af', 'AF');

/** One character of a string as it may be written, of a class without quotes, backslashes and control characters. */
export const PLAIN_CHARACTER = charsBut([0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]);

/** No ESCAPED stands for half a character. */
const ESCAPED = sequence(
  text('\\'),
  either(
    chars('"', '\\', '/', 'b', 'f', 'n', 'r', 't'),
    sequence(text('u'), chars('09', 'ac', 'AC', 'e', 'f', 'E', 'F'), HEX, HEX, HEX),
    sequence(text('u'), chars('d', 'D'), chars('07'), HEX, HEX),
  ),
);

export const DIGIT = chars('09');
/** As many digits as a double keeps. */
export const MOST_DIGITS = 15;
export const WHOLE = either(text('0'), sequence(chars('19'), repeat(DIGIT, 0, MOST_DIGITS)));
export const FRACTION = sequence(text('.'), repeat(DIGIT, 1, MOST_DIGITS));
const EXPONENT = sequence(chars('e', 'E'), maybe(chars('+', '-')), repeat(DIGIT, 1, 2));
export const MINUS = maybe(text('-'));

export const STRING = rule('string');
export const VALUE = rule('value');

/** `open part, part … close`. */
export function listed(open: string, close: string, members: Expression): Expression {
  return sequence(text(open), SPACE, members, SPACE, text(close));
}

export const COMMA = sequence(text(','), SPACE);
export const member = (key: Expression, value: Expression): Expression => sequence(key, text(':'), SPACE, value);

export const separated = (part: Expression): Expression => maybe(sequence(part, repeat(sequence(COMMA, part), 0)));

/** The rules that others build on. */
export const JSON_RULES: ReadonlyMap<string, Expression> = new Map<string, Expression>([
  ['space', either(NOTHING, text(' '), sequence(text('\n'), repeat(chars(' ', '\t'), 0, 20)))],
  ['character', either(PLAIN_CHARACTER, ESCAPED)],
  ['string', sequence(text('"'), repeat(rule('character'), 0), text('"'))],
  ['integer', sequence(MINUS, WHOLE)],
  ['number', sequence(MINUS, WHOLE, maybe(FRACTION), maybe(EXPONENT))],
  ['boolean', either(text('true'), text('false'))],
  ['null', text('null')],
  ['array', listed('[', ']', separated(VALUE))],
  ['object', listed('{', '}', separated(member(STRING, VALUE)))],
  ['value', either(...['string', 'number', 'object', 'array', 'boolean', 'null'].map(rule))],
]);

/** Any object: what `response_format: json_object` asks for. */
export const ANY_OBJECT = { start: 'object', rules: JSON_RULES };
