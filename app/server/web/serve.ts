/** `lathe serve`: the page and the contract on the loopback address, for whoever knows the token. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer } from 'ws';
import { UserError } from '../../contract/errors.ts';
import { RPC_PATH, TOKEN_NAME, UPLOAD_PATH } from '../../contract/web.ts';
import type { Engine } from '../composition.ts';
import { urlOf } from '../request-url.ts';
import { router } from '../router.ts';
import { PAGE_FOLDER, secureHeaders, sendPage } from './static-page.ts';
import { Uploads } from './uploads.ts';

export interface Served {
  /** With the token. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const LARGEST_MESSAGE = 16 * 2 ** 20;

function sameToken(given: string | null | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Names under which a browser may call the loopback address; anything else is another site's trick. */
function ownHost(host: string | undefined, port: number): boolean {
  return host !== undefined && [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(host);
}

const ownOrigin = (origin: string | undefined, port: number): boolean =>
  origin?.startsWith('http://') === true && ownHost(origin.slice('http://'.length), port);

/**
 * @param port 0: any that is free
 * @throws UserError arguments/invalid where the port is taken
 */
export async function serve(engine: Engine, port: number, pageFolder = PAGE_FOLDER): Promise<Served> {
  const token = randomBytes(24).toString('base64url');
  const uploads = new Uploads(engine.home);
  const handler = new RPCHandler(router);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE });
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    });
  });
  let listening = port;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!ownHost(request.headers.host, listening)) return void response.writeHead(403).end();
    const { pathname } = urlOf(request);
    if (request.method === 'PUT' && pathname.startsWith(UPLOAD_PATH)) return takeUpload(request, response, pathname);
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    await sendPage(request, response, pageFolder);
  }

  async function takeUpload(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    secureHeaders(response, '');
    const { origin, authorization } = request.headers;
    const allowed =
      (origin === undefined || ownOrigin(origin, listening)) &&
      sameToken(authorization?.replace(/^Bearer /, ''), token);
    if (!allowed) return void response.writeHead(403).end('{}');
    response.setHeader('content-type', 'application/json');
    try {
      const name = decodeURIComponent(pathname.slice(UPLOAD_PATH.length));
      response.end(JSON.stringify({ path: await uploads.take(name, request) }));
    } catch (error) {
      const { code, message, hint } =
        error instanceof UserError ? error : new UserError('file/not-allowed', 'the upload broke off');
      response.writeHead(422).end(JSON.stringify({ code, message, hint }));
    }
  }

  server.on('upgrade', (request, socket, head) => {
    const url = urlOf(request);
    const { host, origin } = request.headers;
    const allowed =
      url.pathname === RPC_PATH &&
      ownHost(host, listening) &&
      ownOrigin(origin, listening) &&
      sameToken(url.searchParams.get(TOKEN_NAME), token);
    if (!allowed) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      void handler.upgrade(ws, { context: { engine, carrier: 'web' } });
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE' || error.code === 'EACCES';
      reject(taken ? new UserError('arguments/invalid', `port ${port} cannot be had (${error.code})`) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  listening = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${listening}/?${TOKEN_NAME}=${token}`,
    port: listening,
    async close() {
      for (const client of sockets.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
