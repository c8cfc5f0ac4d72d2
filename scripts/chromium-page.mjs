/** Runs a module in Chromium on a page whose files come from named folders of this machine, and from nowhere else. */
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { chromium } from '@playwright/test';
import { findChromium } from './test-machine.mjs';

const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** @returns what the script returns, as JSON has it */
export async function inChromiumPage({ folders, imports, script, request }) {
  const html = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const server = createServer((asked, answer) => {
    const [, first, ...rest] = normalize(decodeURIComponent(new URL(asked.url, 'http://page').pathname)).split('/');
    if (first === '') return void answer.setHeader('content-type', 'text/html').end(html);
    const folder = folders[first];
    if (folder === undefined) return void answer.writeHead(404).end();
    const type = TYPES[extname(rest.at(-1))] ?? 'application/octet-stream';
    const stream = createReadStream(join(folder, ...rest));
    stream.once('open', () => answer.setHeader('content-type', type));
    pipeline(stream, answer).catch((error) => {
      if (error.code === 'ENOENT') answer.writeHead(404).end();
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const run = `(async (request) => { ${script} })(${JSON.stringify(request)})`;
    return JSON.parse(JSON.stringify(await page.evaluate(run)));
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
