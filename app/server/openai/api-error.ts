/** Errors in the shape that clients of OpenAI's interface read. */
import { type ErrorCode, UserError } from '../../contract/errors.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The field of the request that is to blame. */
    readonly param: string | null = null,
  ) {
    super(message);
  }

  get body(): object {
    const { message, param, code, status } = this;
    const type =
      status >= 500
        ? 'server_error'
        : status === 429
          ? 'rate_limit_error'
          : status === 401
            ? 'authentication_error'
            : 'invalid_request_error';
    return { error: { message, type, param, code } };
  }
}

/** What the codes of the closed set are in the interface. */
const KNOWN: Partial<Record<ErrorCode, readonly [status: number, code: string, param: string | null]>> = {
  'arguments/invalid': [400, 'invalid_value', null],
  'prompt/too-long': [400, 'context_length_exceeded', null],
  'server/busy': [503, 'server_busy', null],
  'template/missing': [400, 'no_chat_template', 'messages'],
  'template/failed': [400, 'invalid_messages', 'messages'],
  'schema/unsupported': [400, 'invalid_json_schema', 'response_format'],
  'schema/unsatisfiable': [400, 'unsatisfiable_json_schema', 'response_format'],
};

/** An error of which the field is known that is to blame. */
export function blaming(param: string, error: unknown): ApiError {
  const { status, code, message } = asApiError(error);
  return new ApiError(status, code, message, param);
}

/** Anything else is a bug: it is logged whole, and the client learns only that. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UserError) {
    const [status, code, param] = KNOWN[error.code] ?? [400, error.code, null];
    return new ApiError(status, code, `${error.message} (${error.hint})`, param);
  }
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return new ApiError(500, 'internal_error', 'The server failed: see its log.');
}
