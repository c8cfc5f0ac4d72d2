/** The keywords of a JSON schema that are kept, what each says something about, and those that only describe. */
import { UserError } from '../../contract/errors.ts';

export type Schema = boolean | Readonly<Record<string, unknown>>;
export type ObjectSchema = Readonly<Record<string, unknown>>;

export const TYPES = ['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'] as const;
export type Type = (typeof TYPES)[number];

/** `discriminator` and `example` are OpenAPI's, and so are names that begin with x-. */
const REMARKS = new Set(
  'title description default examples example discriminator $schema $id $comment $anchor $defs definitions deprecated readOnly writeOnly format contentMediaType contentEncoding'.split(
    ' ',
  ),
);
/** Whether a keyword only describes. */
export const describes = (key: string): boolean => REMARKS.has(key) || key.startsWith('x-');
const LIMITS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
/** Keywords by the type that they say something about. */
export const KEYWORDS: Readonly<Record<Type, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern'],
  number: LIMITS,
  integer: LIMITS,
  boolean: [],
  null: [],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'propertyNames'],
};
const GENERAL = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'];
export const KNOWN = new Set([...GENERAL, ...Object.values(KEYWORDS).flat()]);

export const isObject = (value: unknown): value is ObjectSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const unsupported = (at: string, what: string) => new UserError('schema/unsupported', `${at} ${what}`);

export function typesOf({ type, ...schema }: ObjectSchema, at: string): readonly Type[] {
  if (type === undefined) {
    if ('const' in schema || 'enum' in schema) return TYPES;
    // Keywords speak of one type only; values of others would meet the schema too, but hardly anybody means that.
    const meant = (['object', 'array', 'string', 'number'] as const).filter((one) =>
      KEYWORDS[one].some((key) => key in schema),
    );
    return meant.length > 0 ? meant : TYPES;
  }
  const given = Array.isArray(type) ? type : [type];
  const wrong = given.find((one) => !TYPES.includes(one));
  if (wrong !== undefined) throw unsupported(at, `has the type ${JSON.stringify(wrong)}`);
  if (given.length === 0) throw new UserError('schema/unsatisfiable', `${at} has no type`);
  return given;
}

export function isOfType(value: unknown, type: Type): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'object') return isObject(value);
  return typeof value === type;
}

export function bounds(schema: ObjectSchema, low: string, high: string, at: string): [number, number] {
  const [least, most] = [schema[low] ?? 0, schema[high] ?? Number.POSITIVE_INFINITY];
  if (
    !Number.isInteger(least) ||
    !(most === Number.POSITIVE_INFINITY || Number.isInteger(most)) ||
    (least as number) < 0
  )
    throw unsupported(at, `has a ${low} or ${high} that is no count`);
  if ((least as number) > (most as number))
    throw new UserError('schema/unsatisfiable', `${at} has ${low} above ${high}`);
  return [least as number, most as number];
}
