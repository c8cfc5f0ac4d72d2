/** What the hub's refusals mean for the user. */
import { HubApiError } from '@huggingface/hub';
import { UserError } from '../../contract/errors.ts';

/** @param status of an answer that is not the file or list asked for */
export function refusal(status: number, what: string, hasToken: boolean): UserError {
  if (status === 401 || status === 403) {
    const why = hasToken ? 'the token in HF_TOKEN does not open it' : 'it is private, gated or not there';
    return new UserError('hub/not-found', `the hub refuses ${what}: ${why} (${status})`);
  }
  if (status === 404 || status === 410) return new UserError('hub/not-found', `the hub has no ${what}`);
  return new UserError('hub/unreachable', `the hub answers ${status} for ${what}`);
}

/** Runs a call of @huggingface/hub; what it throws becomes a UserError. */
export async function withRefusals<T>(what: string, hasToken: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HubApiError) throw refusal(error.statusCode, what, hasToken);
    // A page of HTML where JSON was expected: a captive portal, or an endpoint that is no hub.
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new UserError('hub/corrupt', `the answer for ${what} is not one of a model hub`, { cause: error });
    throw error;
  }
}
