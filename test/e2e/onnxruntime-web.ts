/** onnxruntime-web's WebAssembly, which phones and browsers run, in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as node from 'onnxruntime-node';
import { webFolder } from '../../scripts/npm-package.mjs';

export async function loadWeb(): Promise<typeof node> {
  const file = join(await webFolder(), 'ort.wasm.bundle.min.mjs');
  const web = (await import(pathToFileURL(file).href)) as typeof node;
  web.env.wasm.numThreads = 1;
  return web;
}
