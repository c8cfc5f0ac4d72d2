/** Commands of Lathe whose results are kept, so that repeats of a row take only its times anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './places.mjs';
import { measured } from './processes.mjs';

const HOUR = 3600;

/**
 * Runs `lathe …words --out OUT`, unless that was done before.
 * @returns its document, and `out`
 */
export async function latheOnce(out, words, { threads, say }) {
  const kept = `${out}.json`;
  if (!existsSync(kept)) {
    mkdirSync(dirname(out), { recursive: true });
    say(`lathe ${words.slice(0, 2).join(' ')}: ${out}`);
    const all = [...words, '--out', out, '--threads', String(threads), '--json'];
    const lathe = [join(ROOT, 'test/bench/workers/lathe-line.mjs'), ...all];
    const { json } = await measured(process.execPath, lathe, { limitSeconds: HOUR });
    writeFileSync(kept, JSON.stringify(json));
  }
  return { out, report: JSON.parse(readFileSync(kept, 'utf8')) };
}
