/** The built page, sent with a policy that allows nothing but what the bundle brings. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentPolicy } from '../../contract/content-policy.ts';
import { urlOf } from '../request-url.ts';

/** Built by vite; beside dist/server when built, and for sources under dist as well. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/renderer', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** Where the page says that its interface library's style element wants the policy's nonce. */
const NONCE_PLACE = /__CSP_NONCE__/g;

/** Headers that every answer has. */
export function secureHeaders(response: ServerResponse, nonce: string): void {
  response.setHeader('content-security-policy', contentPolicy(nonce));
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
}

/** Unknown paths without an ending are routes of the page. */
export async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  folder = PAGE_FOLDER,
): Promise<void> {
  const nonce = randomBytes(16).toString('base64');
  secureHeaders(response, nonce);
  const path = decodeURIComponent(urlOf(request).pathname);
  const file = normalize(join(folder, path));
  const inside = file.startsWith(folder + sep);
  const found = inside && extname(file) !== '' && (await stat(file).catch(() => undefined))?.isFile();
  if (!found) {
    if (extname(path) !== '' || path.includes('..')) return void response.writeHead(404).end();
    const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => undefined);
    if (page === undefined) return void response.writeHead(503).end('The page is not built yet: npm run setup.');
    response.setHeader('content-type', TYPES['.html']);
    return void response.end(page.replace(NONCE_PLACE, nonce));
  }
  if (extname(file) === '.html') {
    response.setHeader('content-type', TYPES['.html']);
    return void response.end((await readFile(file, 'utf8')).replace(NONCE_PLACE, nonce));
  }
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}
