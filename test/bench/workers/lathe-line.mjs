/** A command of Lathe whose document comes on one line. usage: node lathe-line.mjs COMMAND … --json */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const lathe = resolve(import.meta.dirname, '../../../bin/lathe.mjs');
const child = execFile(process.execPath, [lathe, ...process.argv.slice(2)], { maxBuffer: 2 ** 28 }, (error, out) => {
  if (error) process.exitCode = 1;
  console.log(JSON.stringify(JSON.parse(out)));
});
child.stderr.pipe(process.stderr);
