/** onnxruntime-web's WebAssembly, which phones and browsers run. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as node from 'onnxruntime-node';
import { npmPackage } from './npm-package.ts';

const WEB = '1.30.0';
const WEB_INTEGRITY = 'sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==';

/** The folder of its modules. */
export const webFolder = async (): Promise<string> =>
  join(await npmPackage('onnxruntime-web', WEB, WEB_INTEGRITY), 'dist');

export async function loadWeb(): Promise<typeof node> {
  const file = join(await webFolder(), 'ort.wasm.bundle.min.mjs');
  const web = (await import(pathToFileURL(file).href)) as typeof node;
  web.env.wasm.numThreads = 1;
  return web;
}
