/** Who may call the server from a browser: pages of this computer, and those whose addresses its owner names. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';

/** Where the server listens, and the origins (https://name:port) of other pages that may call it. */
export interface Reach {
  readonly host: string;
  readonly origins: readonly string[];
}

export const isLoopback = (host: string): boolean => /^(127(\.\d+){3}|localhost|\[?::1\]?)$/.test(host);

/** Seconds for which a browser need not ask again. */
const REMEMBERED = 600;

/**
 * A page of another site can send requests to this computer, under its own name or by a name that it lets lead here. Pages
 * that may call are told so (https://fetch.spec.whatwg.org/#http-cors-protocol), for browsers give them no answer otherwise.
 * A server for other computers is guarded by its key alone.
 * @throws ApiError forbidden
 */
export function admit({ headers }: IncomingMessage, response: ServerResponse, { host, origins }: Reach): void {
  const local = isLoopback(host);
  if (local && !isLoopback((headers.host ?? '').replace(/:\d+$/, ''))) {
    throw new ApiError(403, 'forbidden', 'call this server by its own address');
  }
  const { origin } = headers;
  if (origin === undefined) return;
  const allowed = origins.includes(origin) || (local && URL.canParse(origin) && isLoopback(new URL(origin).hostname));
  if (allowed) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
    response.setHeader('vary', 'origin');
  } else if (local) {
    throw new ApiError(403, 'forbidden', `pages of ${origin} may not call this server: --origin names those that may`);
  }
}

/** A browser's question whether a page may send a request that is more than a form could send. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** The answer to an admitted page. */
export function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '',
    'access-control-max-age': String(REMEMBERED),
  });
  response.end();
}
