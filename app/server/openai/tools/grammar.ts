/** A grammar of the texts that call one of some tools with arguments that meet its schema. */
import { type Expression, type Grammar, repeat, rule, sequence, text } from '../../../generate/constrain/expression.ts';
import { grammarOfSchema } from '../../../generate/constrain/json-schema.ts';
import type { Schema } from '../../../generate/constrain/schema-keywords.ts';
import type { Tool } from '../requests.ts';
import type { ToolFormat } from './formats.ts';

/** @throws UserError schema/unsupported, schema/unsatisfiable */
export function grammarOfCalls(tools: readonly Tool[], format: ToolFormat, several: boolean): Grammar {
  const one = (tool: Tool, at: string): Schema => ({
    type: 'object',
    properties: {
      name: { const: tool.function.name },
      [format.arguments]: argumentsOf(tool, `${at}/properties/${format.arguments}`),
    },
    required: ['name', format.arguments],
    additionalProperties: false,
  });
  const schema = tools.length === 1 ? one(tools[0], '#') : { anyOf: tools.map((tool, i) => one(tool, `#/anyOf/${i}`)) };
  const { start, rules } = grammarOfSchema(schema);
  const call: Expression =
    format.open === '' ? rule(start) : sequence(text(`${format.open}\n`), rule(start), text(`\n${format.close}`));
  const calls = several && format.open !== '' ? sequence(call, repeat(sequence(text('\n'), call), 0)) : call;
  return { start: 'calls', rules: new Map([...rules, ['calls', calls]]) };
}

/** Its references are from its own root, which lies at `at` now. Arguments that nobody named are of no use. */
function argumentsOf({ function: { parameters } }: Tool, at: string): Schema {
  const moved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(moved);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [
        key,
        key === '$ref' && typeof part === 'string' && part.startsWith('#') ? at + part.slice(1) : moved(part),
      ]),
    );
  };
  return { type: 'object', additionalProperties: false, ...(moved(parameters ?? {}) as object) };
}
