/** What other programs use is told apart from what this one does, however soon it is asked. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { watchOtherLoad } from '../../app/runtime/other-load.ts';

it('counts the cores of others only', async () => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-load-'));
  const script = join(work, 'busy.mjs');
  writeFileSync(script, "process.send('begun'); for (;;);");
  const other = fork(script);
  try {
    await once(other, 'message');
    const load = await watchOtherLoad()();
    // It gets a share of a core even where much else runs.
    expect(load).toBeGreaterThan(0.1);
    expect(load).toBeLessThan(cpus().length + 1);
  } finally {
    other.kill('SIGKILL');
    rmSync(work, { recursive: true });
  }
});
