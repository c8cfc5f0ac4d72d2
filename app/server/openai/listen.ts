/** The server: OpenAI's routes for one model, its health and its metrics. */
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { urlOf } from '../request-url.ts';
import { ApiError, asApiError } from './api-error.ts';
import { readBody } from './body.ts';
import { admit, answerPreflight, isLoopback, isPreflight } from './callers.ts';
import { chat } from './chat.ts';
import { complete } from './completions.ts';
import { embed } from './embeddings.ts';
import type { Exchange } from './generation.ts';
import { Load } from './load.ts';
import { chatRequest, completionRequest, embeddingRequest } from './requests.ts';
import type { ServedModel } from './served-model.ts';

export interface ApiOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
  /** Clients must show it. */
  readonly key?: string;
  /** Largest request. */
  readonly mostBytes: number;
  /** Pages of other sites that may call, by their origins. */
  readonly origins?: readonly string[];
}

export interface ServedApi {
  readonly url: string;
  readonly load: Load;
  close(): Promise<void>;
}

interface Route {
  readonly method: 'GET' | 'POST';
  /** Anybody may ask. */
  readonly open?: boolean;
  answer(exchange: Exchange, request: IncomingMessage): Promise<void> | void;
}

/**
 * @throws UserError arguments/invalid where the port cannot be had, arguments/incompatible for other computers without a key
 */
export async function listen(model: ServedModel, options: ApiOptions): Promise<ServedApi> {
  const { host, port, key, mostBytes, origins = [] } = options;
  if (!isLoopback(host) && !key) {
    throw new UserError('arguments/incompatible', `other computers can reach ${host}: give a --key`);
  }
  const load = new Load();
  const json = ({ response }: Exchange, value: object) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
  const post = <T>(schema: z.ZodType<T>, work: (exchange: Exchange, body: T) => Promise<void>): Route => ({
    method: 'POST',
    answer: async (exchange, request) => work(exchange, await readBody(request, schema, mostBytes)),
  });
  const card = { id: model.id, object: 'model', created: model.created, owned_by: 'lathe' };
  const routes: Readonly<Record<string, Route>> = {
    '/v1/chat/completions': post(chatRequest, chat),
    '/v1/completions': post(completionRequest, complete),
    '/v1/embeddings': post(embeddingRequest, embed),
    '/v1/models': { method: 'GET', answer: (exchange) => json(exchange, { object: 'list', data: [card] }) },
    '/health': {
      method: 'GET',
      open: true,
      answer: (exchange) => json(exchange, { status: 'ok', model: model.id, ...load.summary(model.batch) }),
    },
    '/metrics': {
      method: 'GET',
      answer({ response }) {
        response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
        response.end(load.metrics(model.batch));
      },
    },
  };

  /** A route and the name that it is counted under. Clients are told an address with or without /v1. */
  function routeOf(path: string): { readonly route?: Route; readonly counted: string } {
    const full = Object.hasOwn(routes, path) ? path : `/v1${path}`;
    if (Object.hasOwn(routes, full)) return { route: routes[full], counted: full };
    const name = /^(?:\/v1)?\/models\/(.+)$/.exec(path)?.[1];
    if (name === undefined) return { counted: 'unknown' };
    const answer = (exchange: Exchange) => {
      model.assertNamed(name);
      json(exchange, card);
    };
    return { route: { method: 'GET', answer }, counted: '/v1/models/NAME' };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) gone.abort(new Error('the client has left'));
    });
    const path = decodePath(urlOf(request).pathname);
    const { route, counted } = routeOf(path);
    response.setHeader('x-request-id', randomUUID());
    try {
      admit(request, response, { host, origins });
      if (isPreflight(request)) return answerPreflight(request, response);
      if (!route) throw new ApiError(404, 'not_found', `there is nothing at ${path}`);
      if (request.method !== route.method) {
        throw new ApiError(405, 'method_not_allowed', `${path} takes ${route.method}, not ${request.method}`);
      }
      if (key && !route.open) assertKey(request, key);
      await route.answer({ model, load, response, signal: gone.signal }, request);
    } catch (error) {
      if (!gone.signal.aborted) refuse(request, response, asApiError(error));
    } finally {
      if (gone.signal.aborted) load.cancelled();
      else if (!isPreflight(request)) load.answered(counted, response.statusCode);
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await bind(server, port, host);
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}`,
    load,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await model.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.syscall === 'listen' || error.syscall === 'getaddrinfo';
      reject(taken ? new UserError('arguments/invalid', `${host}:${port} cannot be had (${error.code})`) : error);
    });
    server.listen(port, host, resolve);
  });
}

function refuse(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  if (response.headersSent) return void response.destroy();
  response.statusCode = error.status;
  response.setHeader('content-type', 'application/json');
  if (error.status === 503) response.setHeader('retry-after', '1');
  // What is left of a body that nobody reads would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.end(JSON.stringify(error.body));
}

function assertKey({ headers }: IncomingMessage, key: string): void {
  const [given, wanted] = [Buffer.from(headers.authorization ?? ''), Buffer.from(`Bearer ${key}`)];
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
  throw new ApiError(401, 'invalid_api_key', 'this server needs its key: Authorization: Bearer KEY');
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
