/** JSON schemas that must both be met as one schema, and whether one value could meet two of them. */
import { UserError } from '../../contract/errors.ts';
import { describes, isObject, type ObjectSchema, type Schema, unsupported } from './schema-keywords.ts';

/** What meets both. @throws UserError where that cannot be written as one schema */
export function merge(one: Schema, other: Schema, at: string): ObjectSchema {
  if (one === false || other === false) throw new UserError('schema/unsatisfiable', `${at} allows nothing`);
  if (one === true || other === true) return isObject(one) ? one : isObject(other) ? other : {};
  const both: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = both[key];
    if (before === undefined || describes(key)) both[key] = value;
    else if (key === 'properties' && isObject(before) && isObject(value)) {
      const all: Record<string, unknown> = { ...before };
      for (const [name, schema] of Object.entries(value))
        all[name] = Object.hasOwn(all, name) ? { allOf: [all[name], schema] } : schema;
      both[key] = all;
    } else if (key === 'required') both[key] = [...new Set([...(before as string[]), ...(value as string[])])];
    else if (key === 'type' || key === 'enum') {
      const [a, b] = [before, value].map((v) => (Array.isArray(v) ? v : [v]));
      const common = a.filter((v) => b.some((w) => JSON.stringify(v) === JSON.stringify(w)));
      if (common.length === 0) throw new UserError('schema/unsatisfiable', `${at} wants two ${key}s at once`);
      both[key] = common;
    } else if (key.startsWith('min') || key === 'exclusiveMinimum')
      both[key] = Math.max(before as number, value as number);
    else if (key.startsWith('max') || key === 'exclusiveMaximum')
      both[key] = Math.min(before as number, value as number);
    else if (key === 'allOf') both[key] = [...(before as unknown[]), ...(value as unknown[])];
    else if (JSON.stringify(before) !== JSON.stringify(value))
      throw unsupported(at, `wants two values of "${key}" at once`);
  }
  return both;
}

/** `oneOf` is `anyOf` where nothing can meet two of them, which different types or fixed values show. */
export function assertApart(options: readonly Schema[], at: string): void {
  const marks = options.map((option) => {
    if (!isObject(option)) return undefined;
    const fixed = Object.entries(isObject(option.properties) ? option.properties : {}).filter(
      ([name, schema]) =>
        isObject(schema) && 'const' in schema && Array.isArray(option.required) && option.required.includes(name),
    );
    return {
      type: option.type,
      value: option.const,
      fixed: new Map(fixed.map(([name, schema]) => [name, JSON.stringify((schema as ObjectSchema).const)])),
    };
  });
  const apart = (a: (typeof marks)[number], b: (typeof marks)[number]): boolean => {
    if (!a || !b) return false;
    if (a.value !== undefined && b.value !== undefined) return JSON.stringify(a.value) !== JSON.stringify(b.value);
    const simple = [a.type, b.type].every((type) => typeof type === 'string');
    const numbers = [a.type, b.type].every((type) => type === 'integer' || type === 'number');
    if (simple && a.type !== b.type && !numbers) return true;
    return [...a.fixed].some(([name, value]) => b.fixed.has(name) && b.fixed.get(name) !== value);
  };
  for (const [i, one] of marks.entries()) {
    for (const other of marks.slice(i + 1))
      if (!apart(one, other)) throw unsupported(at, 'has options that may both be met: use anyOf');
  }
}
