/** What a request says about the form of its answer, as a constraint on its tokens. */
import { UserError } from '../../contract/errors.ts';
import type { Constraint } from '../../generate/batch/sequence.ts';
import type { Grammar } from '../../generate/constrain/expression.ts';
import { parseGrammar } from '../../generate/constrain/gbnf.ts';
import { grammarOfSchema } from '../../generate/constrain/json-schema.ts';
import { ANY_OBJECT } from '../../generate/constrain/json-text.ts';
import type { TokenGrammar } from '../../generate/constrain/token-constraint.ts';
import { ApiError } from './api-error.ts';
import type { ChatRequest } from './requests.ts';
import type { ServedModel } from './served-model.ts';

type Formed = Exclude<NonNullable<ChatRequest['response_format']>, { readonly type: 'text' }>;

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
    return () => called.begin();
  }
  const found = grammar ? written(model, grammar) : formed && model.grammar(JSON.stringify(formed), () => read(formed));
  return found && (() => found.begin());
}

function written(model: ServedModel, grammar: string): TokenGrammar {
  try {
    return model.grammar(grammar, () => parseGrammar(grammar));
  } catch (error) {
    throw error instanceof UserError ? new ApiError(400, 'invalid_grammar', error.message, 'grammar') : error;
  }
}

const read = (format: Formed): Grammar =>
  format.type === 'json_object' ? ANY_OBJECT : grammarOfSchema(format.json_schema.schema);
