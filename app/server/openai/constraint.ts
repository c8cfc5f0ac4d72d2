/** What a request says about the form of its answer, as a constraint on its tokens. */
import type { Constraint } from '../../generate/batch/sequence.ts';
import type { Grammar } from '../../generate/constrain/expression.ts';
import { parseGrammar } from '../../generate/constrain/gbnf.ts';
import { grammarOfSchema } from '../../generate/constrain/json-schema.ts';
import { ANY_OBJECT } from '../../generate/constrain/json-text.ts';
import { ApiError } from './api-error.ts';
import type { ChatRequest } from './requests.ts';
import type { ServedModel } from './served-model.ts';

/**
 * @param calls where a tool must be called: the texts that do, and what they depend on
 * @throws ApiError where there are two, UserError schema/unsupported, schema/unsatisfiable
 */
export function constraintOf(
  model: ServedModel,
  format: ChatRequest['response_format'],
  grammar: string | null | undefined,
  calls?: { readonly source: unknown; readonly grammar: () => Grammar },
): (() => Constraint) | undefined {
  const formed = format && format.type !== 'text' ? format : undefined;
  if (grammar && formed) throw new ApiError(400, 'invalid_value', 'give a grammar or a response_format', 'grammar');
  if (calls) {
    const text = 'a tool must be called: give no grammar or response_format beside it';
    if (grammar || formed) throw new ApiError(400, 'invalid_value', text, 'tool_choice');
    const called = model.grammar(JSON.stringify(calls.source), calls.grammar);
    return called && (() => called.begin());
  }
  const read = (): Grammar | undefined => {
    if (grammar) return parseGrammar(grammar);
    if (formed?.type === 'json_object') return ANY_OBJECT;
    return formed?.type === 'json_schema' ? grammarOfSchema(formed.json_schema.schema) : undefined;
  };
  const found = model.grammar(grammar ?? JSON.stringify(formed), read);
  return found && (() => found.begin());
}
