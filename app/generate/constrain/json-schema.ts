/**
 * A JSON schema (draft 2020-12) as a grammar of the texts that meet it. Properties come in the order in which the schema
 * names them. A keyword that cannot be kept is refused; those that only describe are passed over.
 */
import { UserError } from '../../contract/errors.ts';
import {
  type Expression,
  either,
  type Grammar,
  MOST_NESTED,
  maybe,
  NOTHING,
  repeat,
  rule,
  sequence,
  text,
} from './expression.ts';
import { COMMA, JSON_RULES, listed, member, VALUE } from './json-text.ts';
import { isNestedDeeper } from './nesting.ts';
import { otherThan } from './other-than.ts';
import {
  bounds,
  describes,
  isObject,
  isOfType,
  KEYWORDS,
  KNOWN,
  type ObjectSchema,
  type Schema,
  type Type,
  typesOf,
  unsupported,
} from './schema-keywords.ts';
import { assertApart, merge } from './schema-merge.ts';
import { integerOf, numberOf, stringOf } from './schema-scalars.ts';

/** Characters of a schema and of the name of a property; OpenAI's limits are of the same order. */
const MOST_CHARACTERS = 2 ** 18;
const LONGEST_NAME = 150;
/** Options that are compared with each other. */
const MOST_APART = 500;

/** @throws UserError schema/unsupported, schema/unsatisfiable */
export function grammarOfSchema(schema: Schema): Grammar {
  if (isNestedDeeper(schema, 3 * MOST_NESTED)) throw unsupported('the schema', 'is nested too deep');
  if (JSON.stringify(schema).length > MOST_CHARACTERS)
    throw unsupported('the schema', `is longer than ${MOST_CHARACTERS} characters`);
  const reader = new SchemaReader(schema);
  return { start: 'root', rules: reader.read() };
}

class SchemaReader {
  readonly #root: Schema;
  readonly #rules = new Map<string, Expression>(JSON_RULES);
  readonly #references = new Map<string, string>();
  /** Schemas that are being read, each a part of the one before. */
  #nested = 0;
  /** Places that were taken in with others' keywords, and are still being read. */
  #takenIn = new Set<string>();

  constructor(root: Schema) {
    this.#root = root;
  }

  read(): ReadonlyMap<string, Expression> {
    this.#rules.set('root', this.#any(this.#root, '#'));
    return this.#rules;
  }

  #any(schema: unknown, at: string): Expression {
    if (this.#nested >= MOST_NESTED) throw unsupported(at, `lies more than ${MOST_NESTED} schemas deep`);
    this.#nested += 1;
    try {
      return this.#read(schema, at);
    } finally {
      this.#nested -= 1;
    }
  }

  #read(schema: unknown, at: string): Expression {
    if (schema === true) return VALUE;
    if (schema === false) throw new UserError('schema/unsatisfiable', `${at} allows nothing`);
    if (!isObject(schema)) throw unsupported(at, 'is no schema');
    for (const key of Object.keys(schema)) {
      if (!KNOWN.has(key) && !describes(key)) throw unsupported(at, `has "${key}"`);
    }
    const { $ref, allOf, anyOf, oneOf, ...rest } = schema;
    const bare = Object.keys(rest).every((key) => describes(key));
    if (typeof $ref === 'string') {
      if (!bare || allOf || anyOf || oneOf) {
        const whole = () => merge({ ...rest, ...known({ allOf, anyOf, oneOf }) }, this.#find($ref, at), at);
        return this.#takingIn([schema], at, () => this.#any(whole(), at));
      }
      return this.#reference($ref, at);
    }
    if (Array.isArray(allOf)) {
      if (allOf.length === 1 && bare && !anyOf && !oneOf) return this.#any(allOf[0], at);
      const whole = allOf.reduce<ObjectSchema>((all, one) => merge(all, this.#resolved(one, at), at), {
        ...rest,
        ...known({ anyOf, oneOf }),
      });
      return this.#takingIn(allOf, at, () => this.#any(whole, at));
    }
    if (Array.isArray(anyOf)) return this.#options(anyOf, { ...rest, ...known({ oneOf }) }, `${at}/anyOf`);
    if (Array.isArray(oneOf)) {
      if (oneOf.length > MOST_APART)
        throw unsupported(at, `has more than ${MOST_APART} options of which one may be met: use anyOf`);
      assertApart(
        oneOf.map((one) => this.#resolved(one, at)),
        `${at}/oneOf`,
      );
      return this.#options(oneOf, rest, `${at}/oneOf`);
    }
    return this.#plain(rest, at);
  }

  /** Options that allow nothing are left out, as long as one is left. */
  #options(options: readonly unknown[], siblings: ObjectSchema, at: string): Expression {
    const bare = Object.keys(siblings).every((key) => describes(key));
    const met: Expression[] = [];
    for (const [i, option] of options.entries()) {
      try {
        const place = `${at}/${i}`;
        if (bare) met.push(this.#any(option, place));
        else {
          const whole = () => merge(siblings, this.#resolved(option, at), at);
          met.push(this.#takingIn([option], at, () => this.#any(whole(), place)));
        }
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'schema/unsatisfiable') throw error;
      }
    }
    if (met.length === 0) throw new UserError('schema/unsatisfiable', `${at} allows nothing`);
    return either(...met);
  }

  /** Reads what refers to a place and has other keywords beside that; met again inside itself it would go on for ever. */
  #takingIn(parts: readonly unknown[], at: string, read: () => Expression): Expression {
    const places = new Set(
      parts.flatMap((part) => (isObject(part) && typeof part.$ref === 'string' ? [part.$ref] : [])),
    );
    for (const place of places) {
      if (this.#takenIn.has(place)) throw unsupported(at, `takes ${place} for a part of itself, with more beside it`);
    }
    for (const place of places) this.#takenIn.add(place);
    try {
      return read();
    } finally {
      for (const place of places) this.#takenIn.delete(place);
    }
  }

  #resolved(schema: unknown, at: string): Schema {
    if (isObject(schema) && typeof schema.$ref === 'string' && Object.keys(schema).length === 1)
      return this.#find(schema.$ref, at);
    if (typeof schema !== 'boolean' && !isObject(schema)) throw unsupported(at, 'is no schema');
    return schema;
  }

  #find(reference: string, at: string): Schema {
    if (!reference.startsWith('#')) throw unsupported(at, `refers to ${reference}, which is elsewhere`);
    let found: unknown = this.#root;
    for (const part of this.#path(reference, at)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const holder = found as Readonly<Record<string, unknown>>;
      found = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key) ? holder[key] : undefined;
    }
    if (typeof found !== 'boolean' && !isObject(found))
      throw unsupported(at, `refers to ${reference}, which is not there`);
    return found;
  }

  #path(reference: string, at: string): readonly string[] {
    try {
      return decodeURIComponent(reference).split('/').slice(1);
    } catch {
      throw unsupported(at, `refers to ${reference}, which is no reference`);
    }
  }

  /** One rule for each place that is referred to, so that a schema may refer to itself. */
  #reference(reference: string, at: string): Expression {
    let name = this.#references.get(reference);
    if (name === undefined) {
      name = `ref ${reference}`;
      this.#references.set(reference, name);
      // Read once, whatever it is met in.
      const takenIn = this.#takenIn;
      this.#takenIn = new Set();
      this.#rules.set(name, this.#any(this.#find(reference, at), reference));
      this.#takenIn = takenIn;
    }
    return rule(name);
  }

  #plain(schema: ObjectSchema, at: string): Expression {
    const types = typesOf(schema, at);
    if ('const' in schema || 'enum' in schema) {
      const listedValues = 'const' in schema ? [schema.const] : schema.enum;
      if (!Array.isArray(listedValues)) throw unsupported(at, 'has an enum that is no list');
      const others = Object.keys(schema).filter((key) => !describes(key) && !['const', 'enum', 'type'].includes(key));
      if (others.length > 0 || ('const' in schema && 'enum' in schema))
        throw unsupported(at, `has "${others[0] ?? 'enum'}" beside fixed values`);
      const fitting = listedValues.filter((value) => types.some((type) => isOfType(value, type)));
      if (fitting.length === 0) throw new UserError('schema/unsatisfiable', `${at} has no value of its type`);
      return either(...fitting.map((value) => text(JSON.stringify(value))));
    }
    if (Object.keys(schema).every((key) => describes(key))) return VALUE;
    return either(...types.map((type) => this.#ofType(type, schema, at)));
  }

  #ofType(type: Type, schema: ObjectSchema, at: string): Expression {
    const keys = KEYWORDS[type].filter((key) => key in schema);
    if (keys.length === 0) return rule(type);
    if (type === 'string') return stringOf(schema, at);
    if (type === 'integer') return integerOf(schema, at);
    if (type === 'number') return numberOf(schema, at);
    return type === 'array' ? this.#array(schema, at) : this.#object(schema, at);
  }

  #array(schema: ObjectSchema, at: string): Expression {
    const { prefixItems = [], items = true } = schema;
    if (!Array.isArray(prefixItems)) throw unsupported(at, 'has prefixItems that are no list');
    const [least, most] = bounds(schema, 'minItems', 'maxItems', at);
    const first = prefixItems.slice(0, most).map((item, i) => this.#any(item, `${at}/prefixItems/${i}`));
    const ends = items === false;
    if (ends && first.length < least)
      throw new UserError('schema/unsatisfiable', `${at} needs ${least} items and allows ${first.length}`);
    const other = ends ? undefined : this.#any(items, `${at}/items`);
    const after = (count: number): Expression => (count === 0 ? NOTHING : COMMA);
    const loop = (count: number): Expression => {
      if (!other || count >= most) return NOTHING;
      if (count > 0) return repeat(sequence(COMMA, other), Math.max(0, least - count), most - count);
      const rest = repeat(sequence(COMMA, other), Math.max(0, least - 1), most - 1);
      return least > 0 ? sequence(other, rest) : maybe(sequence(other, rest));
    };
    // From the last on: each is followed by what may come after it.
    const all = first.reduceRight((rest, item, i) => {
      const one = sequence(after(i), item, rest);
      return i < least ? one : maybe(one);
    }, loop(first.length));
    return listed('[', ']', all);
  }

  #object(schema: ObjectSchema, at: string): Expression {
    const { properties = {}, required = [], propertyNames = true } = schema;
    // Every name is a text, which zod says of its records nevertheless.
    if (propertyNames !== true && JSON.stringify(propertyNames) !== '{"type":"string"}')
      throw unsupported(at, 'has propertyNames that leave some out');
    if (!isObject(properties)) throw unsupported(at, 'has properties that are no object');
    if (!Array.isArray(required)) throw unsupported(at, 'has "required" that is no list');
    // Where properties are named, others come only where they are asked for: they would meet the schema, but nobody reads them.
    const others = schema.additionalProperties ?? !('properties' in schema);
    const unnamed = required.filter((name) => !Object.hasOwn(properties, name)).map(String);
    if (unnamed.length > 0 && others === false)
      throw new UserError('schema/unsatisfiable', `${at} needs "${unnamed[0]}" and does not allow it`);
    const names = [...Object.keys(properties), ...unnamed];
    const long = names.find(({ length }) => length > LONGEST_NAME);
    if (long !== undefined) throw unsupported(at, `has a name of more than ${LONGEST_NAME} characters`);
    const requiredNames = new Set(required);
    const values = names.map((name) => {
      const needed = requiredNames.has(name);
      try {
        const value = Object.hasOwn(properties, name) ? properties[name] : others;
        return { needed, value: member(text(JSON.stringify(name)), this.#any(value, `${at}/properties/${name}`)) };
      } catch (error) {
        // One that can have no value is left out where it may be.
        if (needed || !(error instanceof UserError) || error.code !== 'schema/unsatisfiable') throw error;
        return { needed, value: either() };
      }
    });
    const extra =
      others === false ? undefined : member(otherThan(names), this.#any(others, `${at}/additionalProperties`));
    const stem = `object ${this.#rules.size}`;
    const named = (place: number, begun: boolean) => `${stem} ${place} ${begun}`;
    // From the last on, each with and without a member before it.
    for (let place = names.length; place >= 0; place--) {
      for (const begun of [false, true]) {
        const comma = begun ? COMMA : NOTHING;
        if (place === names.length) {
          const more = extra && sequence(extra, repeat(sequence(COMMA, extra), 0));
          this.#rules.set(named(place, begun), more ? maybe(sequence(comma, more)) : NOTHING);
          continue;
        }
        const { needed, value } = values[place];
        const taken = sequence(comma, value, rule(named(place + 1, true)));
        this.#rules.set(named(place, begun), needed ? taken : either(taken, rule(named(place + 1, begun))));
      }
    }
    return listed('{', '}', rule(named(0, false)));
  }
}

const known = (entries: ObjectSchema): ObjectSchema =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
