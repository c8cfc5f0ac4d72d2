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
 * @throws ApiError where there are two, UserError schema/unsupported, schema/unsatisfiable
 */
export function constraintOf(
  model: ServedModel,
  format: ChatRequest['response_format'],
  grammar: string | null | undefined,
): (() => Constraint) | undefined {
  const formed = format && format.type !== 'text' ? format : undefined;
  if (grammar && formed) throw new ApiError(400, 'invalid_value', 'give a grammar or a response_format', 'grammar');
  const read = (): Grammar | undefined => {
    if (grammar) return parseGrammar(grammar);
    if (formed?.type === 'json_object') return ANY_OBJECT;
    return formed?.type === 'json_schema' ? grammarOfSchema(formed.json_schema.schema) : undefined;
  };
  const found = model.grammar(grammar ?? JSON.stringify(formed), read);
  return found && (() => found.begin());
}
