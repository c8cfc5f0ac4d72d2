/** Constrained text: what a grammar or schema allows and nothing else, whatever the model would like to say. */
import { expect, it } from 'vitest';
import { Automaton, DEAD } from '../../../app/generate/constrain/automaton.ts';
import { chars, type Grammar } from '../../../app/generate/constrain/expression.ts';
import { parseGrammar } from '../../../app/generate/constrain/gbnf.ts';
import { grammarOfSchema } from '../../../app/generate/constrain/json-schema.ts';
import { ANY_OBJECT } from '../../../app/generate/constrain/json-text.ts';
import type { Schema } from '../../../app/generate/constrain/schema-keywords.ts';
import { TokenGrammar, TokenTrie } from '../../../app/generate/constrain/token-constraint.ts';
import { utf8Sequences } from '../../../app/generate/constrain/utf8.ts';
import { STARTER } from '../../../app/models/library.ts';
import { tokenBytes } from '../../../app/models/token-bytes.ts';
import { loadTokenizer } from '../../../app/models/tokenizer.ts';
import { Random } from '../../../app/tensor/random.ts';

function acceptedBy(automaton: Automaton, text: string): boolean {
  let state = automaton.start;
  for (const byte of Buffer.from(text)) {
    state = automaton.next(state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepts(state);
}
const accepts = (grammar: Grammar, text: string) => acceptedBy(new Automaton(grammar), text);
const meets = (schema: Schema, text: string) => accepts(grammarOfSchema(schema), text);
const code = (name: string) => expect.objectContaining({ code: name });

it('writes ranges of characters as ranges of bytes', () => {
  const random = new Random(3);
  for (let i = 0; i < 40; i++) {
    const points = [0, 1].map(() => Math.floor(random.fraction() ** 3 * 0x10ffff)).sort((a, b) => a - b);
    const { ranges } = chars([points[0], points[1]]) as { ranges: readonly (readonly [number, number])[] };
    const sequences = ranges.flatMap(utf8Sequences);
    for (let j = 0; j < 60; j++) {
      const near = points[j % 2] + Math.floor(random.fraction() * 80) - 40;
      const point = j < 40 ? near : Math.floor(random.fraction() * 0x10ffff);
      if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) continue;
      const bytes = [...Buffer.from(String.fromCodePoint(point))];
      const found = sequences.some(
        (s) => s.length === bytes.length && s.every(([a, b], k) => bytes[k] >= a && bytes[k] <= b),
      );
      expect(found, `${point} in ${points}`).toBe(point >= points[0] && point <= points[1]);
    }
  }
});

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 8 },
    age: { type: 'integer', minimum: 0, maximum: 129 },
    tags: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 2 },
  },
  required: ['name', 'age'],
  additionalProperties: false,
};
const TREE = {
  $defs: {
    node: {
      type: 'object',
      properties: { left: { $ref: '#/$defs/node' }, value: { type: 'number' } },
      required: ['value'],
    },
  },
  $ref: '#/$defs/node',
};

it.each<[string, Schema, readonly string[], readonly string[]]>([
  [
    'an object',
    PERSON,
    [
      '{"name": "Ann", "age": 7}',
      '{"name":"é€","age":129,"tags":["a", "b"]}',
      '{\n  "name": "x", "age": 0, "tags": []\n}',
    ],
    [
      '{"age": 7, "name": "Ann"}',
      '{"name": "", "age": 7}',
      '{"name": "Ann", "age": 130}',
      '{"name": "Ann", "age": 7, "tags": ["c"]}',
      '{"name": "Ann"}',
      '{"name": "Ann", "age": 7, "x": 1}',
      '{"name": "123456789", "age": 7}',
    ],
  ],
  [
    'one that holds itself',
    TREE,
    ['{"value": 1}', '{"left": {"left": {"value": -2.5}, "value": 1e3}, "value": 0}'],
    ['{"left": {}, "value": 1}', '{}'],
  ],
  [
    'integers',
    { type: 'integer', minimum: -12, maximum: 205 },
    ['-12', '-1', '0', '9', '99', '100', '205'],
    ['-13', '206', '00', '1.5', '-0'],
  ],
  [
    'the integers of a double, as zod writes them',
    { type: 'integer', minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    ['0', '-7', '123456789012345'],
    ['1.5', '01'],
  ],
  ['a text of many characters at least', { type: 'string', minLength: 150_000 }, [], ['"a"']],
  ['bounds without the bound', { type: 'integer', exclusiveMinimum: 2, exclusiveMaximum: 5 }, ['3', '4'], ['2', '5']],
  ['numbers', { type: 'number', minimum: 0, maximum: 1 }, ['0', '0.5', '1', '1.0'], ['-0.5', '1.1', '2']],
  ['numbers above', { type: 'number', exclusiveMinimum: 0 }, ['0.001', '1', '12.5'], ['0', '0.0', '-1']],
  ['tiny bounds', { type: 'number', minimum: 2e-7, maximum: 1 }, ['0.0000002', '0.5'], ['0.0000001', '0', '0.0']],
  [
    'a part of itself with a remark, as pydantic writes it',
    {
      $defs: {
        node: { type: 'object', properties: { next: { allOf: [{ $ref: '#/$defs/node' }], description: 'x' } } },
      },
      $ref: '#/$defs/node',
    },
    ['{}', '{"next": {"next": {}}}'],
    ['{"next": 1}'],
  ],
  [
    'one that takes in another twice',
    {
      $defs: {
        named: { type: 'object', properties: { name: { type: 'null' }, of: { $ref: '#/$defs/pair' } } },
        pair: { $ref: '#/$defs/named', required: ['name'] },
      },
      $ref: '#/$defs/named',
      required: ['of'],
    },
    ['{"of": {"name": null}}', '{"of": {"name": null, "of": {"name": null}}}'],
    ['{}', '{"of": {}}'],
  ],
  [
    'options',
    { anyOf: [{ type: 'null' }, { const: 'x' }, { type: 'boolean' }] },
    ['null', '"x"', 'true'],
    ['"y"', '1'],
  ],
  ['types in a list', { type: ['string', 'null'] }, ['"a\\n\\u00e9"', 'null'], ['1', '"\\ud800"', '"a\nb"']],
  ['fixed values of a type', { type: 'integer', enum: [1, 'one', 2.5] }, ['1'], ['"one"', '2.5']],
  [
    'parts taken together',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'integer' } } },
        { properties: { b: { type: 'null' } }, required: ['b'] },
      ],
    },
    ['{"a": 1, "b": null}', '{"b": null}'],
    ['{"a": 1}'],
  ],
  [
    'tuples',
    { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }], items: false, minItems: 1 },
    ['[1]', '[1, "a"]'],
    ['[]', '[1, "a", 2]', '["a"]'],
  ],
  [
    'counts of items',
    { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 3 },
    ['[1, 2]', '[1,2,3]'],
    ['[1]', '[1,2,3,4]'],
  ],
  [
    'other properties',
    { type: 'object', properties: { ab: { type: 'null' } }, additionalProperties: { type: 'integer' } },
    ['{"ab": null, "a": 1, "abc": 2}', '{"b": 1}', '{}'],
    ['{"ab": 1}', '{"x": null}'],
  ],
  [
    'patterns',
    { type: 'string', pattern: '^[A-Z]{2}-\\d{3,4}(x|yz)?$' },
    ['"AB-123"', '"AB-1234yz"'],
    ['"A-123"', '"AB-12"', '"AB-123z"'],
  ],
  [
    'patterns of a length',
    { type: 'string', pattern: '^[a-zé]+$', minLength: 2, maxLength: 3 },
    ['"ab"', '"éaé"'],
    ['"a"', '"abcd"', '"aB"'],
  ],
  ['patterns anywhere', { type: 'string', pattern: 'b+' }, ['"abbc"'], ['"ac"']],
  [
    'options kept apart',
    {
      oneOf: [
        { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
        { type: 'object', properties: { kind: { const: 'b' }, n: { type: 'integer' } }, required: ['kind'] },
      ],
    },
    ['{"kind": "a"}', '{"kind": "b", "n": 1}'],
    ['{"kind": "c"}', '{"kind": "a", "n": 1}'],
  ],
  ['a number or a text, one of them', { oneOf: [{ type: 'number' }, { type: 'string' }] }, ['1.5', '"a"'], ['null']],
  [
    'a record, as zod writes it',
    { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'integer' } },
    ['{"a": 1, "b": 2}', '{}'],
    ['{"a": "x"}'],
  ],
  [
    'options told apart by a property, as pydantic writes them',
    {
      $defs: {
        cat: { type: 'object', properties: { is: { const: 'cat', 'x-order': 1 } }, required: ['is'], example: {} },
        dog: { type: 'object', properties: { is: { const: 'dog' } }, required: ['is'] },
      },
      oneOf: [{ $ref: '#/$defs/cat' }, { $ref: '#/$defs/dog' }],
      discriminator: { propertyName: 'is', mapping: { cat: '#/$defs/cat', dog: '#/$defs/dog' } },
    },
    ['{"is": "cat"}', '{"is": "dog"}'],
    ['{"is": "cow"}'],
  ],
  ['anything', true, ['{"a": [1, {"b": null}]}', '"x"', '-1.5e+10'], ['{a: 1}', '[1,]', '01']],
])('meets %s', (_, schema, right, wrong) => {
  for (const text of right) expect(meets(schema, text), text).toBe(true);
  for (const text of wrong) expect(meets(schema, text), text).toBe(false);
});

it('writes the numbers between two bounds, and no others', () => {
  const random = new Random(5);
  const draw = () => Number(((random.fraction() - 0.5) * 10 ** Math.floor(random.fraction() * 4)).toFixed(3));
  for (let i = 0; i < 60; i++) {
    // Near each other as often as not.
    const low = draw();
    const high = i % 2 === 0 ? draw() : Number((low + random.fraction() / 50).toFixed(3));
    if (low >= high) continue;
    const [least, most] = [i % 3 === 0 ? 'exclusiveMinimum' : 'minimum', i % 4 === 0 ? 'exclusiveMaximum' : 'maximum'];
    const automaton = new Automaton(grammarOfSchema({ type: 'number', [least]: low, [most]: high }));
    for (let j = 0; j < 60; j++) {
      const near = [low, high, draw()][j % 3] + (j % 2) * (random.fraction() - 0.5) * 0.01;
      const text = near.toFixed(j % 5);
      const value = Number(text);
      const inside =
        (least === 'minimum' ? value >= low : value > low) && (most === 'maximum' ? value <= high : value < high);
      // A sign before zero says nothing: it may be written or not.
      if (value === 0 && text.startsWith('-')) continue;
      expect(acceptedBy(automaton, text), `${text} in ${low} to ${high}, ${least}, ${most}`).toBe(inside);
    }
  }
});

it.each<[Schema, string]>([
  [false, 'schema/unsatisfiable'],
  [{ type: 'integer', minimum: 3, maximum: 2 }, 'schema/unsatisfiable'],
  [{ enum: [] }, 'schema/unsatisfiable'],
  [{ type: 'string', enum: [1] }, 'schema/unsatisfiable'],
  [{ type: 'object', properties: { a: false }, required: ['a'] }, 'schema/unsatisfiable'],
  [{ type: 'object', required: ['a'], additionalProperties: false }, 'schema/unsatisfiable'],
  [{ allOf: [{ type: 'string' }, { type: 'null' }] }, 'schema/unsatisfiable'],
  [
    {
      $defs: { loop: { type: 'object', properties: { next: { $ref: '#/$defs/loop' } }, required: ['next'] } },
      $ref: '#/$defs/loop',
    },
    'schema/unsatisfiable',
  ],
  [{ type: 'array', items: { type: 'integer' }, uniqueItems: true }, 'schema/unsupported'],
  [{ not: { type: 'null' } }, 'schema/unsupported'],
  [{ type: 'object', propertyNames: { maxLength: 3 } }, 'schema/unsupported'],
  [{ oneOf: [{ type: 'integer' }, { minimum: 3 }] }, 'schema/unsupported'],
  [{ oneOf: [{ type: 'number' }, { type: 'integer' }] }, 'schema/unsupported'],
  [{ $ref: 'https://example.org/schema' }, 'schema/unsupported'],
  [{ type: 'string', pattern: 'a(?=b)' }, 'schema/unsupported'],
  [{ type: 'string', pattern: '^ab*$', maxLength: 3 }, 'schema/unsupported'],
  [{ type: 'string', pattern: '^[ab]{5,}$', maxLength: 3 }, 'schema/unsatisfiable'],
  [{ type: 'number', exclusiveMinimum: 0.5, maximum: 0.5 }, 'schema/unsatisfiable'],
  [{ $ref: '#/%E0%A4%A' }, 'schema/unsupported'],
  [{ $ref: '#', type: 'object' }, 'schema/unsupported'],
  [{ allOf: [{ $ref: '#' }, { $ref: '#' }] }, 'schema/unsupported'],
  [{ type: 'object', properties: { a: { $ref: '#', required: ['a'] } } }, 'schema/unsupported'],
  [{ type: 'array', minItems: 250_000 }, 'schema/unsupported'],
])('refuses %j', (schema, expected) => {
  expect(() => new Automaton(grammarOfSchema(schema))).toThrowError(code(expected));
});

it.each<[string, () => Grammar]>([
  ['schemas', () => grammarOfSchema(nested(20_000, (inner) => ({ type: 'array', items: inner }), {} as Schema))],
  ['tuples', () => grammarOfSchema({ type: 'array', prefixItems: new Array(3000).fill(true) })],
  ['options', () => grammarOfSchema(nested(250, (inner) => ({ anyOf: [inner] }), {} as Schema))],
  [
    'groups of a pattern',
    () => grammarOfSchema({ type: 'string', pattern: nested(20_000, (inner) => `(${inner})`, 'a') }),
  ],
  ['brackets', () => parseGrammar(`root ::= ${nested(20_000, (inner) => `(${inner})`, '"a"')}`)],
  ['counts', () => parseGrammar(`root ::= "a"${'+'.repeat(20_000)}`)],
  [
    'names',
    () => grammarOfSchema({ type: 'object', properties: { ['n'.repeat(9000)]: {} }, additionalProperties: true }),
  ],
])('refuses %s beyond any measure', (_, grammar) => {
  expect(() => new Automaton(grammar())).toThrowError(code('schema/unsupported'));
});
function nested<T>(levels: number, around: (inner: T) => T, innermost: T): T {
  let whole = innermost;
  for (let i = 0; i < levels; i++) whole = around(whole);
  return whole;
}

it('looks once at each way of saying nothing, of which there may be more than can be counted', () => {
  const grammar = parseGrammar('root ::= (("a"?){0,20}){0,20} "b"');
  for (const text of ['b', 'aab', `${'a'.repeat(400)}b`]) expect(accepts(grammar, text), text).toBe(true);
  for (const text of ['a', `${'a'.repeat(401)}b`]) expect(accepts(grammar, text), text).toBe(false);
});

it('reads grammars as llama.cpp writes them', () => {
  const grammar = parseGrammar(`
    # moves of chess
    root ::= move (" " move){0,2}
    move ::= [a-h] [1-8] "x"? | "O-O" ("-O")?
  `);
  for (const text of ['e4', 'e4 d5x', 'O-O-O e1 a8']) expect(accepts(grammar, text), text).toBe(true);
  for (const text of ['', 'i4', 'e4 ', 'e4 e5 e6 e7']) expect(accepts(grammar, text), text).toBe(false);
  expect(accepts(parseGrammar('root ::= [^a-c\\n]+ "\\u00e9"'), 'xyzé')).toBe(true);
  for (const bad of [
    'root ::= "a"{3,1}',
    'root ::= (',
    'root ::= missing',
    'move ::= "a"',
    'root ::= root "a" | "b"',
    'root = "a"',
  ]) {
    expect(() => new Automaton(parseGrammar(bad)), bad).toThrowError(code('schema/unsupported'));
  }
});

it('lets any model say only what fits, to the end', async () => {
  const tokenizer = await loadTokenizer(STARTER);
  const trie = new TokenTrie(tokenizer.vocabularySize, tokenBytes(tokenizer));
  const random = new Random(8);
  for (const grammar of [grammarOfSchema(PERSON), grammarOfSchema(TREE), ANY_OBJECT]) {
    const tokens = new TokenGrammar(grammar, trie, tokenizer.stopIds);
    for (let round = 0; round < 6; round++) {
      const constraint = tokens.begin();
      const ids: number[] = [];
      for (;;) {
        const logits = Float32Array.from({ length: trie.size }, () => random.fraction());
        // It wants to end, or to close what is open, now and then.
        if (ids.length > 20) for (const id of [...tokenizer.stopIds, ...tokenizer.encode('}]"0')]) logits[id] += 1;
        constraint.restrict(logits);
        const id = logits.reduce((best, v, i) => (v > logits[best] ? i : best), 0);
        expect(logits[id]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
        if (tokenizer.stopIds.includes(id)) break;
        constraint.accept(id);
        ids.push(id);
        if (constraint.complete() || ids.length > 400) break;
      }
      if (ids.length > 400) continue;
      const text = Buffer.concat(ids.map((id) => trie.bytesOf(id))).toString();
      expect(accepts(grammar, text), text).toBe(true);
      expect(typeof JSON.parse(text)).toBe('object');
    }
  }
});
