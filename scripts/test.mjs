/** Runs the tests (`unit` or `all`) and closes with the line `N passed, N failed`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';
import { prepareTestMachine } from './test-machine.mjs';

const which = process.argv[2] ?? 'all';
const report = join(root, '.cache', 'test-report.json');
if (which === 'all') prepareTestMachine();
mkdirSync(join(root, '.cache'), { recursive: true });
rmSync(report, { force: true });

const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(3)];
if (which === 'unit') args.push('--project', 'unit');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });

let passed = 0;
let failed = 0;
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed = result.numPassedTests;
  failed =
    result.numFailedTests +
    result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length;
} catch {
  failed = 1;
}
if (status !== 0 && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
