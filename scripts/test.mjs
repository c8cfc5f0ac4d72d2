/**
 * Runs the tests and closes with the line `N passed, N failed`.
 * usage: node scripts/test.mjs unit | window | all [words for the runner]   (all: units, whole programs, the window)
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';
import { prepareTestMachine } from './test-machine.mjs';

const which = process.argv[2] ?? 'all';
const words = process.argv.slice(3);
const cache = join(root, '.cache');

/** Runs one runner and counts what its JSON report says; a runner that fails without a failed test counts as one. */
function runTests(report, script, args, count) {
  mkdirSync(cache, { recursive: true });
  rmSync(join(cache, report), { force: true });
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  let counts = { passed: 0, failed: 1 };
  try {
    counts = count(JSON.parse(readFileSync(join(cache, report), 'utf8')));
  } catch {
    // No report: the runner itself failed, which is what the counts say.
  }
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

const runVitest = (projects) =>
  runTests(
    'test-report.json',
    'vitest/vitest.mjs',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${join(cache, 'test-report.json')}`].concat(
      projects.flatMap((project) => ['--project', project]),
      words,
    ),
    (result) => ({
      passed: result.numPassedTests,
      failed:
        result.numFailedTests +
        result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length,
    }),
  );

const runWindow = () =>
  runTests(
    'window-report.json',
    '@playwright/test/cli.js',
    ['test', '-c', join(root, 'test/e2e/window'), ...words],
    ({ stats, errors }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length }),
  );

if (which !== 'unit') prepareTestMachine();
const results = [];
if (which !== 'window') results.push(runVitest(which === 'unit' ? ['unit'] : []));
if (which === 'window' || (which === 'all' && words.length === 0)) results.push(runWindow());
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
