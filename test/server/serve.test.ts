/** `lathe serve` from outside: who gets in, what headers the page has, uploads, and the contract over a WebSocket. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join, relative } from 'node:path';
import { createORPCClient, isDefinedError, safe } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { EngineClient } from '../../app/contract/index.ts';
import { type Served, serve } from '../../app/server/web/serve.ts';
import { type Harness, startEngine } from './engine-harness.ts';

let harness: Harness;
let served: Served;
let origin: string;
let token: string;

beforeAll(async () => {
  harness = await startEngine();
  const page = join(harness.home, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(
    join(page, 'index.html'),
    '<meta name="nonce" content="__CSP_NONCE__"><script src="./assets/a.js"></script>',
  );
  writeFileSync(join(page, 'assets/a.js'), 'export {}');
  writeFileSync(join(harness.home, 'secret.txt'), 'secret');
  served = await serve(harness.engine, 0, page);
  const url = new URL(served.url);
  [origin, token] = [url.origin, url.searchParams.get('token')!];
});
afterAll(async () => {
  await served.close();
  await harness.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** As it is: fetch would tidy paths and forbid headers. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const sent = request({ host: '127.0.0.1', port: served.port, path, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const connect = (address: string, headers: Record<string, string> = {}): Promise<WebSocket | number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(address, { headers });
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode!));
    socket.on('error', () => resolve(0));
  });

describe('the page', () => {
  it('comes with a policy without exceptions, and routes lead to it', async () => {
    for (const path of ['/', '/models/llama?x=1']) {
      const { status, headers, body } = await ask(path);
      expect(status).toBe(200);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|http:/);
      const nonce = /'nonce-([^']+)'/.exec(policy)![1];
      expect(body).toContain(`content="${nonce}"`);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
    expect((await ask('/assets/a.js')).headers['content-type']).toContain('text/javascript');
  });

  it('is all there is to read', async () => {
    const up = relative(join(harness.home, 'page'), join(harness.home, 'secret.txt'));
    for (const path of [`/${up}`, '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/no.js', '/lathe.db'])
      expect(await ask(path)).toMatchObject({ status: 404, body: '' });
    expect((await ask('/', { method: 'POST' })).status).toBe(405);
  });

  it('is refused under another name, as a rebound domain would ask', async () => {
    expect((await ask('/', { headers: { host: `evil.example:${served.port}` } })).status).toBe(403);
  });
});

describe('the socket', () => {
  const rpc = (given: string) => `ws://127.0.0.1:${served.port}/rpc?token=${given}`;

  it('opens only with the token, from the page itself', async () => {
    expect(await connect(rpc('wrong'), { origin })).toBe(403);
    expect(await connect(rpc(''), { origin })).toBe(403);
    expect(await connect(rpc(token))).toBe(403);
    expect(await connect(rpc(token), { origin: 'http://evil.example' })).toBe(403);
    expect(await connect(rpc(token), { origin: `https://127.0.0.1:${served.port}` })).toBe(403);
    expect(await connect(rpc(token), { origin, host: 'evil.example' })).toBe(403);
  });

  it('carries the contract: answers, errors with code and hint, refused payloads, events', async () => {
    const socket = (await connect(rpc(token), { origin })) as WebSocket;
    const client: EngineClient = createORPCClient(new RPCLink({ websocket: socket as never }));
    expect(await client.system.info({})).toMatchObject({ carrier: 'web', dataFolder: harness.home });

    const [error] = await safe(client.models.get({ id: 'nobody' }));
    expect(isDefinedError(error) && error.code === 'USER' && error.data).toMatchObject({
      code: 'library/not-found',
      message: 'the library has no model "nobody"',
      hint: expect.stringContaining('trash'),
    });
    await expect(client.models.get({ id: '../../etc' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });

    const stop = new AbortController();
    const events = await client.system.events({}, { signal: stop.signal });
    const next = events.next();
    await client.settings.set({ theme: 'dark' });
    expect(await next).toMatchObject({ value: { kind: 'settings' } });
    await events.return?.();
    expect((await client.settings.get({})).values.theme).toBe('dark');
    socket.close();
  });
});

describe('uploads', () => {
  const put = (name: string, body: string, headers: Record<string, string> = { authorization: `Bearer ${token}` }) =>
    ask(`/upload/${name}`, { method: 'PUT', headers: { origin, ...headers }, body });

  it('are kept whole, and an earlier one of the same name stays', async () => {
    const first = JSON.parse((await put('chats.jsonl', '{"text":"a"}')).body) as { path: string };
    const second = JSON.parse((await put('chats.jsonl', '{"text":"b"}')).body) as { path: string };
    expect(readFileSync(first.path, 'utf8')).toBe('{"text":"a"}');
    expect(readFileSync(second.path, 'utf8')).toBe('{"text":"b"}');
    const [config, weights] = [await put('model/config.json', '{}'), await put('model/model.safetensors', 'x')];
    const folder = (answer: Answer) => JSON.parse(answer.body).path.split('/').slice(0, -1).join('/');
    expect(folder(config)).toBe(folder(weights));
  });

  it('need the token and stay inside their folder', async () => {
    expect((await put('x.txt', 'x', { authorization: 'Bearer wrong' })).status).toBe(403);
    expect((await put('x.txt', 'x', { authorization: `Bearer ${token}`, origin: 'http://evil.example' })).status).toBe(
      403,
    );
    expect((await put('a/../../x', 'x')).status).toBe(405);
    for (const name of ['..%2fx.txt', 'a/..%2f..%2fx', '%00', 'a%5cb', ''])
      expect(JSON.parse((await put(name, 'x')).body)).toMatchObject({ code: 'file/not-allowed' });
  });
});

it('takes what is no address for one that leads nowhere', async () => {
  expect((await ask('//')).status).toBe(200);
  expect(await connect(`ws://127.0.0.1:${served.port}//`)).toBe(403);
  expect((await ask('/')).status).toBe(200);
});
