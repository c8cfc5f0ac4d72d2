/** `lathe profile`: size, load time, memory, speed at several contexts, time by operator. */
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';
import { cacheTypeFlag, deviceFlag, profileFlag, promptTypeFlag } from '../sampling-flags.ts';

export const profile = defineCommand({
  name: 'profile',
  summary: 'Measure size, memory and speed of a model on this machine',
  example: 'lathe profile my-model --contexts 64,512 --repeat 5',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    contexts: z.array(z.number().int().positive()).default([64, 512]).describe('Tokens before the measured ones'),
    repeat: z.number().int().positive().max(100).default(3).describe('Measurements of each; the median is given'),
    device: deviceFlag,
    cacheType: cacheTypeFlag,
    promptType: promptTypeFlag,
    profile: profileFlag,
  }),
  async run([reference], { contexts, repeat, profile, ...flags }, { home, threads, signal, progress }) {
    const [{ resolveModel }, { measureModel }, { storedSettings, withFlags }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../profile/measure.ts'),
      import('../../models/run-profile.ts'),
    ]);
    const bar = progress('Measuring', 100, '%');
    const model = await resolveModel(reference, home);
    const found = profile === 'none' ? {} : await storedSettings(model);
    const settings = withFlags(found, { ...flags, threads });
    const onProgress = (label: string, done: number, total: number) =>
      bar.update(Math.round((100 * done) / total), label);
    const measured = await measureModel({ model, contexts, repeat, settings, operators: true }, { signal, onProgress });
    bar.end();
    return measured;
  },
  print({ sizeBytes, loadMs, peakMemoryBytes, contexts, operators }) {
    const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    const speeds = contexts.map((c) => [
      String(c.tokens),
      c.prefillTokensPerSecond.toFixed(1),
      c.decodeTokensPerSecond.toFixed(1),
      c.timeToFirstTokenMs.toFixed(0),
      `${(100 * Math.max(c.spread.prefill, c.spread.decode)).toFixed(0)} %`,
    ]);
    const total = operators.reduce((sum, o) => sum + o.milliseconds, 0);
    const elsewhere = operators.some(({ device }) => device !== undefined && device !== 'cpu');
    const byKind = new Map<string, number>();
    for (const o of operators) {
      // Where a device computes, what it has no kernel for is worth knowing.
      const kind = elsewhere ? `${o.operator} on ${o.device}` : o.operator;
      byKind.set(kind, (byKind.get(kind) ?? 0) + o.milliseconds);
    }
    const kinds = [...byKind].sort((a, b) => b[1] - a[1]).slice(0, 8);
    return [
      `size ${mega(sizeBytes)}, load ${loadMs.toFixed(0)} ms, peak memory ${mega(peakMemoryBytes)}`,
      '',
      table([['context', 'prefill tokens/s', 'decode tokens/s', 'first token ms', 'spread'], ...speeds]),
      '',
      table([['operator', 'share'], ...kinds.map(([kind, ms]) => [kind, `${((100 * ms) / total).toFixed(1)} %`])]),
    ].join('\n');
  },
});
