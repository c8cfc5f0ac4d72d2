/** Serves the built page as `lathe://app/…`, with its policy: no file:// page, no listening port. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { protocol } from 'electron';
import { contentPolicy } from '../app/contract/content-policy.ts';

export const PAGE_ORIGIN = 'lathe://app';
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

const refuse = (status: number): Answer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: Buffer.alloc(0),
});

/** The file a URL means; undefined where it is not the page's own or would leave the folder. */
export function pageFile(folder: string, address: string): string | undefined {
  let url: URL;
  let path: string;
  try {
    url = new URL(address);
    path = decodeURIComponent(url.pathname);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'lathe:' || url.host !== 'app' || path.includes('\0')) return undefined;
  const file = join(folder, path === '/' ? 'index.html' : path);
  return file.startsWith(folder + sep) && extname(file) in TYPES ? file : undefined;
}

async function answer(folder: string, method: string, url: string): Promise<Answer> {
  if (method !== 'GET') return refuse(405);
  const file = pageFile(folder, url);
  if (file === undefined) return refuse(404);
  const nonce = randomBytes(16).toString('base64');
  let body: Buffer;
  try {
    body = await readFile(file);
  } catch {
    return refuse(404);
  }
  if (extname(file) === '.html') body = Buffer.from(body.toString('utf8').replaceAll('__CSP_NONCE__', nonce));
  const headers = {
    'content-type': TYPES[extname(file)],
    'content-security-policy': contentPolicy(nonce),
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
  return { status: 200, headers, body };
}

/** Before the application is ready. */
export function announceProtocol(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'lathe', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Once it is ready. Older runtimes lack `protocol.handle`. */
export function servePage(folder: string): void {
  if (typeof protocol.handle === 'function') {
    protocol.handle('lathe', async (request) => {
      const { status, headers, body } = await answer(folder, request.method, request.url);
      return new Response(new Uint8Array(body), { status, headers });
    });
    return;
  }
  protocol.registerBufferProtocol('lathe', (request, respond) => {
    void answer(folder, request.method, request.url).then(({ status, headers, body }) =>
      respond({ statusCode: status, headers, data: body, mimeType: headers['content-type'].split(';')[0] }),
    );
  });
}
