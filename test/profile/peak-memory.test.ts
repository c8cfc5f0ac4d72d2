import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const tell = `import { peakMemory } from '${root}dist/profile/peak-memory.js'; console.log(peakMemory());`;
const run = (code: string) =>
  Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));

describe.runIf(process.platform === 'linux')('peak memory', () => {
  it('is a process’s own, not that of the process which started it', () => {
    const parent = `
      import { execFileSync } from 'node:child_process';
      const held = Buffer.alloc(400e6, 1);
      const code = ${JSON.stringify(tell)};
      process.stdout.write(execFileSync(process.execPath, ['--input-type=module', '-e', code]));
      if (held[7] !== 1) throw new Error();`;
    expect(run(parent)).toBeLessThan(200e6);
    expect(run(`const held = Buffer.alloc(400e6, 1); ${tell} if (held[7] !== 1) throw new Error();`)).toBeGreaterThan(
      400e6,
    );
  });
});
