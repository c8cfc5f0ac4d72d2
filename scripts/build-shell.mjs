/** Bundles electron/ into dist/electron: CommonJS for the oldest runtime the tests use (Node 16, Chrome 108). */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist', 'electron');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const name of ['main', 'preload']) {
  const bundle = await rolldown({
    input: join(root, 'electron', `${name}.ts`),
    platform: 'node',
    external: ['electron'],
    transform: { target: 'node16', define: { __LATHE_VERSION__: JSON.stringify(version) } },
    checks: { eval: false },
  });
  await bundle.write({
    dir: out,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'updater.cjs',
    sourcemap: name === 'main',
  });
  await bundle.close();
}
copyFileSync(join(root, 'resources', 'icons', 'icon-256.png'), join(out, 'icon.png'));
