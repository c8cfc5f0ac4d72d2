/** The list of names that the unit test trusts, against a header as published (in a Go module that ships it). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readOrtHeader } from '../../scripts/ort-header.mjs';

const MODULE = 'github.com/yalue/onnxruntime_go@v1.27.0';
const work = mkdtempSync(join(tmpdir(), 'lathe-header-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Undefined where there is no Go on this machine, or no way to its module proxy. */
function publishedHeader(): string | undefined {
  writeFileSync(join(work, 'go.mod'), 'module x\n');
  const env = { ...process.env, GOPATH: join(work, 'go'), GOFLAGS: '-modcacherw' };
  try {
    const answer = execFileSync('go', ['mod', 'download', '-json', MODULE], { cwd: work, env, encoding: 'utf8' });
    return readFileSync(join(JSON.parse(answer).Dir, 'onnxruntime_c_api.h'), 'utf8');
  } catch {
    return undefined;
  }
}

const header = publishedHeader();

it.skipIf(header === undefined)('has the same names in the same order (needs Go, to get the header)', () => {
  const { names, version } = readOrtHeader(header!);
  const ours = readFileSync(join(import.meta.dirname, '../runtime/ort-api-names.txt'), 'utf8')
    .trim()
    .split('\n');
  expect(version).toBeGreaterThanOrEqual(16);
  const common = Math.min(names.length, ours.length);
  expect(names.slice(0, common)).toEqual(ours.slice(0, common));
});
