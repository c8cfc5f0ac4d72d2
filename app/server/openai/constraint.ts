/** What a request says about the form of its answer, as a constraint on its tokens. */
import type { Constraint } from '../../generate/batch/sequence.ts';
import { ApiError } from './api-error.ts';
import type { ChatRequest } from './requests.ts';
import type { ServedModel } from './served-model.ts';

export function constraintOf(
  _model: ServedModel,
  format: ChatRequest['response_format'],
  grammar: string | null | undefined,
): (() => Constraint) | undefined {
  if (grammar) throw new ApiError(400, 'unsupported', 'grammars are not supported', 'grammar');
  if (format && format.type !== 'text') {
    throw new ApiError(400, 'unsupported', `${format.type} is not supported`, 'response_format');
  }
  return undefined;
}
