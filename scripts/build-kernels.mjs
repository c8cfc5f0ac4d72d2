/**
 * Assembles the WebAssembly text of our kernels into the TypeScript files that carry their bytes. Needs
 * `npm install --no-save wabt`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { root } from './setup.mjs';

const require = createRequire(process.env.WABT_FROM ?? import.meta.url);
const wabt = await require('wabt')();
for (const [path, constant] of [
  ['app/tensor/optimisers/kernels', 'KERNELS_BINARY'],
  ['app/techniques/quantize/rounding-kernels', 'ROUNDING_KERNELS_BINARY'],
  ['app/generate/column-kernels', 'COLUMN_KERNELS_BINARY'],
]) {
  const name = `${basename(path)}.wat`;
  const module = wabt.parseWat(name, readFileSync(join(root, `${path}.wat`), 'utf8'), { simd: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  const lines = base64.match(/.{1,100}/g).map((line) => `  '${line}',`);
  writeFileSync(
    join(root, `${path}-binary.ts`),
    `/** Made from ${name} by scripts/build-kernels.mjs. */\nexport const ${constant} = [\n${lines.join('\n')}\n].join('');\n`,
  );
  console.log(`${name}: ${Buffer.from(base64, 'base64').length} bytes`);
}
