/** A model hub on the loopback address that speaks the hub's protocol and, when told to, misbehaves. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'c0ffee'.padEnd(40, '0');

export interface TreeEntry {
  type: string;
  path: string;
  size: number;
  oid?: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => boolean | undefined;

export class HubServer {
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
  /** Files of the one repository, by path. */
  readonly files = new Map<string, Buffer>();
  /** Changes the list before it is sent. */
  tree: (entries: TreeEntry[]) => unknown = (entries) => entries;
  /** Asked first; true: the request is dealt with. */
  before: Handler = () => undefined;
  readonly #server: Server;

  constructor(readonly repo: string) {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Back to good behaviour. */
  reset(): void {
    this.requests.length = 0;
    this.tree = (entries) => entries;
    this.before = () => undefined;
  }

  entries(): TreeEntry[] {
    return [...this.files].map(([path, bytes]) => {
      const entry = { type: 'file', path, size: bytes.length, oid: gitHash(bytes) };
      if (!path.endsWith('.safetensors')) return entry;
      const oid = createHash('sha256').update(bytes).digest('hex');
      return { ...entry, lfs: { oid, size: bytes.length, pointerSize: 134 } };
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, this.url);
    this.requests.push({ url: request.url!, headers: request.headers });
    if (this.before(request, response, pathname)) return;
    const json = (value: unknown) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    const file = pathname.replace(`/${this.repo}/resolve/${COMMIT}/`, '');
    if (pathname === '/api/models') json([this.#info()]);
    else if (pathname.startsWith(`/api/models/${this.repo}/revision/`)) json(this.#info());
    else if (pathname === `/api/models/${this.repo}/tree/${COMMIT}`) json(this.tree(this.entries()));
    else if (file !== pathname && this.files.has(file)) this.send(request, response, this.files.get(file)!);
    else {
      response.statusCode = 404;
      json({ error: 'Repository not found' });
    }
  }

  #info() {
    return {
      _id: '1',
      id: this.repo,
      sha: COMMIT,
      private: false,
      gated: false,
      downloads: 7,
      likes: 1,
      pipeline_tag: 'text-generation',
      lastModified: '2025-01-01T00:00:00.000Z',
      tags: ['safetensors', 'license:apache-2.0'],
      config: { model_type: 'llama' },
      safetensors: { parameters: { F32: 42 }, total: 42 },
    };
  }

  /** Sends bytes as the hub does, ranges included; `until` cuts the connection after so many bytes of the answer. */
  send(request: IncomingMessage, response: ServerResponse, bytes: Buffer, until?: number): void {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    const headers: Record<string, string> = { 'content-length': String(rest.length) };
    if (from > 0) headers['content-range'] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(from > 0 ? 206 : 200, headers);
    if (until === undefined) response.end(rest);
    // A moment later, or the bytes would be lost with the connection before anybody reads them.
    else response.write(rest.subarray(0, until), () => setTimeout(() => response.socket?.destroy(), 50));
  }
}

export const gitHash = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
