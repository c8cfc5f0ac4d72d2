/** `lathe optimize`: how a model runs best on this machine, measured, and kept beside it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { CopyFormat } from '../../techniques/inference/candidates.ts';
import { optimizeSchema } from '../../techniques/inference/schema.ts';
import { defineCommand } from '../command.ts';
import { table } from '../report.ts';

/** What `lathe quantize` is told for each format. */
const COPY_OPTIONS: Readonly<Record<CopyFormat, object>> = {
  float16: { method: 'float16' },
  int8: { method: 'rtn', bits: 8, accuracyLevel: 4 },
  int4: { method: 'rtn', bits: 4, accuracyLevel: 4 },
  'int4-exact': { method: 'rtn', bits: 4, accuracyLevel: 1 },
};

export const optimize = defineCommand({
  name: 'optimize',
  summary: 'Find how a model runs best on this machine, and run it so from then on',
  example: 'lathe optimize my-model --goal latency --budget 60',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: optimizeSchema.extend({
    out: z.string().optional().describe('Folder for the model in another format, where one is chosen'),
  }),
  async run([reference], { out, ...options }, { home, signal, progress }) {
    const [{ resolveModel }, { optimize }, { measureModel }, { tryDevices }, { storeProfile }, files] =
      await Promise.all([
        import('../../models/library.ts'),
        import('../../techniques/inference/optimize.ts'),
        import('../../profile/measure.ts'),
        import('../../profile/hardware.ts'),
        import('../../models/run-profile.ts'),
        import('../../files/atomic.ts'),
      ]);
    const path = await resolveModel(reference, home);
    const target = resolve(out ?? join(dirname(path), `${basename(path)}-fast`));
    const quantized = options.allowQuantized || options.maxDivergence !== undefined;
    // Asked now, not when the search is over.
    if (quantized) await files.assertReplaceable(target);
    // Beside the result, so that the chosen copy need only be renamed.
    await mkdir(dirname(target), { recursive: true });
    const work = await mkdtemp(join(dirname(target), '.lathe-optimize-'));
    const bar = progress('Trying', 100, '%');
    try {
      const devices = (await tryDevices()).filter(({ device }) => device !== 'cpu');
      const broken = devices.filter(({ reason }) => reason !== undefined);
      const { refused, ...found } = await optimize(path, work, options, {
        signal,
        devices: devices.filter((tried) => !broken.includes(tried)).map(({ device }) => device),
        onProgress: (label, share) => bar.update(Math.round(100 * share), label),
        makeCopy: (format, folder) => copyOf(path, format, folder),
        peakMemory: async (model, settings) =>
          (await measureModel({ model, contexts: [64], repeat: 1, settings }, { signal })).peakMemoryBytes,
      });
      bar.end();
      const { format, ...settings } = found.profile;
      const { goal } = options;
      const { gain, sameness } = found;
      const all = { goal, ...found, refused: [...refused, ...broken.map((b) => `${b.device} (${b.reason})`)] };
      if (format === 'as it is') {
        return { ...all, stored: await storeProfile(path, settings, { goal, gain }) };
      }
      const copy = join(work, format);
      await storeProfile(copy, settings, { goal, gain, sameness });
      await files.replaceFolder(copy, target);
      return { ...all, model: target, stored: join(target, 'lathe-profile.json') };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
  print({ goal, trials, gain, usual, best, profile, words, sameness, refused, untried, stored }) {
    const fixed = (value: number | undefined, digits: number) => (value === undefined ? '-' : value.toFixed(digits));
    const chosen = profile === best.settings;
    const range = `${gain.ratio.toFixed(2)}x (${gain.low.toFixed(2)} to ${gain.high.toFixed(2)}, ${gain.rounds < 6 ? 'too few pairs to be sure' : '95% sure'}, ${gain.rounds} measured)`;
    const unit = goal === 'memory' ? 'less memory' : 'faster';
    const rows = [...trials]
      .sort((a, b) => (b.tokensPerSecond ?? -(b.memoryBytes ?? 0)) - (a.tokensPerSecond ?? -(a.memoryBytes ?? 0)))
      .map((t) => [
        t.words,
        fixed(t.latencyMs, 2),
        fixed(t.tokensPerSecond, 1),
        fixed(t.memoryBytes && t.memoryBytes / 1e6, 0),
        String(t.n),
        `${(100 * t.spread).toFixed(0)} %`,
        t.divergence === undefined ? '-' : t.divergence.toPrecision(2),
        t.topAgreement === undefined ? '-' : `${(100 * t.topAgreement).toFixed(1)} %`,
      ]);
    const curve = usual.curve.map((point, i) => [
      String(point.batch),
      fixed(point.latencyMs, 1),
      fixed(point.tokensPerSecond, 1),
      fixed(best.curve[i]?.latencyMs, 1),
      fixed(best.curve[i]?.tokensPerSecond, 1),
    ]);
    return [
      chosen
        ? `${words}: ${range} ${unit} than before`
        : gain.rounds === 0
          ? 'as it was: no other way seemed better'
          : `as it was: the best other way, ${best.words}, is ${range} ${unit}, which is not sure`,
      sameness.divergence === 0
        ? 'answers: the same'
        : `answers: ${sameness.divergence.toPrecision(2)} nats a token apart, ${(100 * sameness.topAgreement).toFixed(1)}% the same likeliest token`,
      '',
      table([['way', 'ms/token', 'tokens/s', 'MB', 'n', 'spread', 'nats apart', 'same likeliest'], ...rows]),
      ...(curve.length > 0
        ? ['', table([['at once', 'before: ms', 'tokens/s', 'best: ms', 'tokens/s'], ...curve])]
        : []),
      ...(refused.length > 0
        ? ['', `refused, because answers changed too much or for the reason given: ${refused.join('; ')}`]
        : []),
      ...(untried.length > 0 ? ['', `no time for: ${untried.join('; ')}`] : []),
      '',
      `profile  ${stored}`,
    ].join('\n');
  },
});

async function copyOf(path: string, format: CopyFormat, folder: string): Promise<void> {
  const [{ openModel }, { quantize }, { quantizeSchema }] = await Promise.all([
    import('../../models/model.ts'),
    import('../../techniques/quantize/quantize.ts'),
    import('../../techniques/quantize/schema.ts'),
  ]);
  await quantize(await openModel(path), folder, quantizeSchema.parse(COPY_OPTIONS[format]), {});
}
