/** One request to the hub, made patient: silence ends it, busy servers are asked again, refusals become user errors. */
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../contract/errors.ts';
import type { HubSettings } from './settings.ts';

const ATTEMPTS = 4;
const LONGEST_WAIT = 30_000;
/** Lists of files and of models; the largest seen are some hundred kilobytes. */
const LARGEST_ANSWER = 64 * 2 ** 20;

export interface Answer {
  readonly response: Response;
  /** Bytes as they come. @throws UserError hub/unreachable on a cut or on silence */
  chunks(): AsyncGenerator<Uint8Array>;
  close(): void;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const BUSY: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Nobody there: asking again at once would only make the user wait. */
const NOBODY: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH']);

/**
 * Asks once more where the hub is busy or the connection breaks before the answer. An answer of 400 and above that is
 * not worth another attempt comes back as it is. The token goes to the endpoint only: fetch drops it on redirects elsewhere.
 * @throws UserError hub/unreachable, hub/busy
 */
export async function ask(url: string, settings: HubSettings, options: RequestOptions = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    const last = attempt === ATTEMPTS;
    let wait = settings.pauseMs * 2 ** (attempt - 1);
    try {
      const answer = await begin(url, settings, options);
      const { status, headers } = answer.response;
      if (!BUSY.has(status)) return answer;
      answer.close();
      const asked = Number(headers.get('retry-after') ?? Number.NaN) * 1000;
      if (last || asked > LONGEST_WAIT)
        throw new UserError('hub/busy', `${new URL(url).host} answers ${status}${waitText(asked)}`);
      if (asked >= 0) wait = asked;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof UserError && error.code !== 'hub/unreachable') throw error;
      const failure = unreachable(url, error);
      if (last || NOBODY.has(causeCode(error) ?? '')) throw failure;
    }
    await pause(wait, undefined, { signal: options.signal });
  }
}

const waitText = (milliseconds: number): string =>
  milliseconds >= 0 ? ` and asks to wait ${Math.round(milliseconds / 1000)} s` : '';

async function begin(url: string, settings: HubSettings, { headers, signal }: RequestOptions): Promise<Answer> {
  const stop = new AbortController();
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const silence = () => stop.abort(new Error(`nothing came for ${settings.stallMs / 1000} s`));
  let timer = setTimeout(silence, settings.stallMs);
  const close = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    stop.abort();
  };
  try {
    const authorization: Record<string, string> = settings.token ? { authorization: `Bearer ${settings.token}` } : {};
    const response = await fetch(url, {
      // Lengths must be those of the file, not of a compressed form of it.
      headers: { 'accept-encoding': 'identity', ...authorization, ...headers },
      signal: stop.signal,
    });
    return {
      response,
      close,
      async *chunks() {
        try {
          if (!response.body) return;
          for await (const chunk of response.body) {
            clearTimeout(timer);
            yield chunk;
            timer = setTimeout(silence, settings.stallMs);
          }
        } catch (error) {
          signal?.throwIfAborted();
          throw unreachable(url, error);
        } finally {
          close();
        }
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

function causeCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && !(error instanceof UserError)) return code;
  return cause instanceof Error ? causeCode(cause) : undefined;
}

function unreachable(url: string, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const { message, cause } = error as Error;
  const why = cause instanceof Error ? cause.message || causeCode(cause) || message : message;
  return new UserError('hub/unreachable', `${new URL(url).host}: ${why}`, { cause: error });
}

/** For @huggingface/hub: the same patience around the answers that it reads whole. */
export function hubFetch(settings: HubSettings, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    // The library puts the token into its own headers, also for the next page of a list, wherever that is said to lie.
    const headers = Object.fromEntries(new Headers(init?.headers));
    if (new URL(url).origin !== new URL(settings.endpoint).origin)
      throw new UserError('hub/corrupt', `the hub refers to ${new URL(url).host} for the rest of its answer`);
    const { response, chunks } = await ask(url, settings, { headers, signal });
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of chunks()) {
      size += chunk.byteLength;
      if (size > LARGEST_ANSWER) throw new UserError('hub/corrupt', `the answer of ${url} is too long`);
      parts.push(chunk);
    }
    const empty = response.status === 204 || response.status === 304;
    return new Response(empty ? null : Buffer.concat(parts), { status: response.status, headers: response.headers });
  };
}
