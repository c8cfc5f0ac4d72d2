/** Room for an answer: what the context has beside the prompt. */
import { UserError } from '../contract/errors.ts';

/**
 * @returns tokens that may follow a prompt of so many
 * @throws UserError prompt/too-long where there is not one
 */
export function roomBeside(promptTokens: number, context: number): number {
  if (promptTokens < context) return context - promptTokens;
  throw new UserError('prompt/too-long', `the prompt has ${promptTokens} tokens, the context ${context}`);
}
