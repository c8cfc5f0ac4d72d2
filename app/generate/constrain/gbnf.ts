/**
 * Reads grammars in the notation of llama.cpp's GBNF: `name ::= "text" | [a-z] | other (…)* +, ?, {m,n}`, `#` for remarks.
 * The text is one of the rule `root`.
 */
import { UserError } from '../../contract/errors.ts';
import {
  chars,
  charsBut,
  type Expression,
  either,
  type Grammar,
  MOST_NESTED,
  type Range,
  repeat,
  rule,
  sequence,
  text,
} from './expression.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  '[': '[',
  ']': ']',
  '-': '-',
  '^': '^',
};
const TOKEN =
  /\s+|#[^\n]*|(?<name>[A-Za-z_][\w-]*)|(?<is>::=)|(?<text>"(?:[^"\\\n]|\\[^\n])*")|(?<class>\[\^?(?:[^\]\\\n]|\\[^\n])*\])|(?<count>\{\d+(?:,\d*)?\})|(?<sign>[|()*+?.])/uy;

interface Token {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

function* tokens(source: string): Generator<Token> {
  const pattern = new RegExp(TOKEN);
  let line = 1;
  while (pattern.lastIndex < source.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(source);
    if (!match)
      throw new UserError(
        'schema/unsupported',
        `line ${line} of the grammar: ${JSON.stringify(source.slice(at, at + 10))} cannot be read`,
      );
    const [kind] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    if (kind) yield { kind, text: match[0], line };
    line += match[0].split('\n').length - 1;
  }
}

/** @throws UserError schema/unsupported with the line */
export function parseGrammar(source: string): Grammar {
  const all = [...tokens(source)];
  let at = 0;
  const fail = (why: string): never => {
    throw new UserError(
      'schema/unsupported',
      `line ${all[Math.min(at, all.length - 1)]?.line ?? 1} of the grammar: ${why}`,
    );
  };
  const take = (kind: string, value?: string): Token | undefined => {
    const token = all[at];
    if (token?.kind !== kind || (value !== undefined && token.text !== value)) return undefined;
    at += 1;
    return token;
  };
  const beginsRule = () => all[at]?.kind === 'name' && all[at + 1]?.kind === 'is';

  let open = 0;
  const alternatives = (): Expression => {
    if (open > MOST_NESTED) return fail(`more than ${MOST_NESTED} brackets are open`);
    const options = [parts()];
    while (take('sign', '|')) options.push(parts());
    return either(...options);
  };
  const parts = (): Expression => {
    const list: Expression[] = [];
    while (at < all.length && !beginsRule() && !(all[at].kind === 'sign' && '|)'.includes(all[at].text)))
      list.push(counted(atom()));
    return sequence(...list);
  };
  const atom = (): Expression => {
    const name = take('name');
    if (name) return rule(name.text);
    const literal = take('text');
    if (literal) return text(decodeEscapes(literal.text.slice(1, -1)));
    const group = take('class');
    if (group) return classOf(group.text);
    if (take('sign', '.')) return charsBut();
    if (!take('sign', '(')) return fail(`"${all[at]?.text}" is out of place`);
    open += 1;
    const inner = alternatives();
    open -= 1;
    return take('sign', ')') ? inner : fail('a bracket is open');
  };
  const count = (): readonly [least: number, most: number] | undefined => {
    if (take('sign', '*')) return [0, Number.POSITIVE_INFINITY];
    if (take('sign', '+')) return [1, Number.POSITIVE_INFINITY];
    if (take('sign', '?')) return [0, 1];
    const given = take('count');
    if (!given) return undefined;
    const [low, high] = given.text.slice(1, -1).split(',');
    const least = Number(low);
    const most = high === undefined ? least : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    return least <= most ? [least, most] : fail(`the count ${given.text} is empty`);
  };
  const counted = (part: Expression): Expression => {
    let whole = part;
    for (let next = count(); next; next = count()) whole = repeat(whole, ...next);
    return whole;
  };

  const rules = new Map<string, Expression>();
  while (at < all.length) {
    const name = take('name');
    if (!name || !take('is')) return fail('a rule begins with a name and ::=');
    if (rules.has(name.text)) return fail(`there are two rules "${name.text}"`);
    rules.set(name.text, alternatives());
  }
  if (!rules.has('root')) return fail('there is no rule "root"');
  return { start: 'root', rules };
}

function decodeEscapes(source: string): string {
  return source.replace(
    /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gu,
    (all, x, u, long, other) => {
      const code = x ?? u ?? long;
      if (code !== undefined && Number.parseInt(code, 16) <= 0x10ffff)
        return String.fromCodePoint(Number.parseInt(code, 16));
      const known = ESCAPES[other];
      if (known === undefined) throw new UserError('schema/unsupported', `the grammar has the unknown escape ${all}`);
      return known;
    },
  );
}

function classOf(source: string): Expression {
  const negated = source.startsWith('[^');
  const units =
    source.slice(negated ? 2 : 1, -1).match(/\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)|./gsu) ?? [];
  const points = units.map((unit) => decodeEscapes(unit).codePointAt(0) as number);
  const ranges: Range[] = [];
  for (let i = 0; i < units.length; i++) {
    if (units[i + 1] === '-' && i + 2 < units.length) {
      ranges.push([points[i], points[i + 2]]);
      i += 2;
    } else ranges.push([points[i], points[i]]);
  }
  return negated ? charsBut(...ranges) : chars(...ranges);
}
