/** Assembles app/tensor/optimisers/kernels.wat into the TypeScript file that carries its bytes. Needs `npm install --no-save wabt`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './setup.mjs';

const require = createRequire(process.env.WABT_FROM ?? import.meta.url);
const wabt = await require('wabt')();
const folder = join(root, 'app', 'tensor', 'optimisers');
const module = wabt.parseWat('kernels.wat', readFileSync(join(folder, 'kernels.wat'), 'utf8'), { simd: true });
const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
const lines = base64.match(/.{1,100}/g).map((line) => `  '${line}',`);
writeFileSync(
  join(folder, 'kernels-binary.ts'),
  `/** Made from kernels.wat by scripts/build-kernels.mjs. */\nexport const KERNELS_BINARY = [\n${lines.join('\n')}\n].join('');\n`,
);
console.log(`${Buffer.from(base64, 'base64').length} bytes`);
