/** The whole job from the command line on the starter model: the fields that scripts rely on are there and make sense. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../app/cli/commands/index.ts';
import { makeTinyModel } from '../../models/tiny-model.ts';
import { Lathe, ROOT } from './lathe.ts';

const DATA = join(ROOT, 'resources/data');
const train = join(DATA, 'plants-train.jsonl');
const held = join(DATA, 'plants-test.jsonl');
const tuning = ['--data', train, '--eval', held, '--steps', '20', '--batch-size', '4', '--max-length', '128'];
let lathe: Lathe;
beforeAll(async () => {
  lathe = await Lathe.start();
});
afterAll(() => lathe.end());

const REPORT = [
  'sizeBytes',
  'peakMemoryBytes',
  'prefillTokensPerSecond',
  'decodeTokensPerSecond',
  'timeToFirstTokenMs',
];
const expectReport = (report: Record<string, number>) => {
  for (const field of [...REPORT, 'perplexity']) expect(report[field], field).toBeGreaterThan(0);
};

describe('from a data set to an export', () => {
  it('checks the data set', async () => {
    const check = await lathe.json('datasets', 'check', train, '--model', 'starter');
    expect(check).toMatchObject({ format: 'messages', rows: 784, usableRows: 784, problems: [] });
    expect(check.tokens.supervised).toBeGreaterThan(0);
    expect(check.tokens.supervised).toBeLessThan(check.tokens.total);
    expect(check.tokens.p50).toBeLessThanOrEqual(check.tokens.p95);
  });

  it.each(['lora', 'full'])('fine-tunes by %s: the loss and the perplexity of answers fall', async (method) => {
    const rate = method === 'lora' ? '1e-2' : '1e-3';
    const out = lathe.path(method);
    const rest = ['--method', method, '--learning-rate', rate, '--out', out];
    const result = await lathe.json('finetune', 'starter', ...tuning, ...rest);
    expect(result.losses.length).toBe(20);
    expect(result.losses.at(-1)).toBeLessThan(result.losses[0] * 0.8);
    expect(result.after.perplexity).toBeLessThan(result.before.perplexity * 0.8);
    expectReport(result.before);
    expectReport(result.after);
    expect(result.supervisedTokensPerSecond).toBeGreaterThan(0);
    expect(result.tokensPerSecond).toBeGreaterThan(result.supervisedTokensPerSecond);
    expect(result.peakMemoryBytes).toBeGreaterThan(1e7);
    expect(result.model).toBe(out);
    if (method === 'lora') expect(result.adapter).toBe(join(out, 'adapter'));
  });

  it('teaches a translator’s student, scored by BLEU and chrF; one larger than its teacher is told so', async () => {
    const unseen = join(DATA, 'phrases-test.jsonl');
    const pairs = lathe.path('pairs.jsonl');
    // The teacher reads all that there is: a few rows will do.
    await writeFile(pairs, (await readFile(unseen, 'utf8')).split('\n').slice(8, 40).join('\n'));
    const [small, large] = [lathe.path('student'), lathe.path('larger')];
    const words = ['--data', pairs, '--eval', unseen, '--eval-examples', '4', '--max-length', '96', '--steps', '4'];
    const taught = await lathe.json('distill', 'starter', '--student', 'layers:1', ...words, '--out', small);
    for (const report of [taught.teacher, taught.before, taught.after]) {
      expectReport(report);
      expect(report.bleu).toBeGreaterThanOrEqual(0);
      expect(report.chrf).toBeGreaterThanOrEqual(0);
    }
    expect(taught.parameters).toBeLessThan(taught.teacher.parameters / 2);
    expect(taught.warnings).toEqual([]);
    const { warnings } = await lathe.json(
      'distill',
      small,
      '--student',
      'starter',
      ...words,
      '--no-measure',
      '--out',
      large,
    );
    expect(warnings.join()).toContain('larger than its teacher');
    const scores = ['--data', unseen, '--metric', 'bleu,chrf', '--limit', '4', '--max-length', '96'];
    const { bleu, chrf, tokensPerSecond, generatedExamples } = await lathe.json('eval', 'starter', ...scores);
    expect([bleu, chrf]).toEqual([taught.teacher.bleu, taught.teacher.chrf]);
    expect(tokensPerSecond).toBeGreaterThan(0);
    expect(generatedExamples).toBe(4);
  });

  it('teaches a student of every other layer of an encoder and a decoder, by thoughts and by answers', async () => {
    const unseen = join(DATA, 'phrases-test.jsonl');
    const pairs = lathe.path('few-pairs.jsonl');
    await writeFile(pairs, (await readFile(unseen, 'utf8')).split('\n').slice(0, 16).join('\n'));
    const words = ['--data', pairs, '--eval', pairs, '--eval-examples', '4', '--max-length', '96', '--steps', '4'];
    const untaught = await makeTinyModel(lathe.home, 'marian');
    const teacher = lathe.path('translator');
    const much = [
      '--steps',
      '80',
      '--batch-size',
      '16',
      '--learning-rate',
      '3e-3',
      '--no-measure',
      '--eval-steps',
      '0',
    ];
    await lathe.json('finetune', untaught, '--method', 'full', ...words, ...much, '--out', teacher);
    const spec = ['--student', 'every:2', ...words];
    const thoughts = await lathe.json('distill', teacher, ...spec, '--no-measure', '--out', lathe.path('thinks-alike'));
    expect(thoughts.agreement).toBeGreaterThan(0);
    const out = lathe.path('says-alike');
    const answers = ['--method', 'sequence', '--max-answer', '32', '--out', out];
    const taught = await lathe.json('distill', teacher, ...spec, ...answers);
    for (const report of [taught.teacher, taught.before, taught.after]) expectReport(report);
    expect(taught.teacher.chrf).toBeGreaterThan(taught.before.chrf);
    expect(taught.parameters).toBeLessThan(taught.teacher.parameters);
    const scores = ['--data', pairs, '--metric', 'bleu,chrf', '--limit', '4', '--max-length', '96'];
    const { bleu, chrf } = await lathe.json('eval', out, ...scores);
    expect([bleu, chrf]).toEqual([taught.after.bleu, taught.after.chrf]);
  });

  it('makes a classifier of what people say from the encoder that comes with Lathe', async () => {
    const words = ['--data', join(DATA, 'intents.jsonl'), '--out', lathe.path('intents'), '--max-length', '32'];
    const { accuracy, macroF1, baseline, labels, epochs } = await lathe.json('transfer', 'minilm', ...words);
    expect(labels.length).toBe(16);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(macroF1).toBeGreaterThan(0.9);
    expect(baseline.accuracy).toBeGreaterThan(0.9);
    expect(epochs.at(-1).loss).toBeLessThan(epochs[0].loss / 4);
    const { results } = await lathe.json(
      'classify',
      lathe.path('intents'),
      '--prompt',
      'please switch the kitchen lamp on',
    );
    expect(results[0].label).toBe('turn on');
  });

  it('quantizes what was tuned, and says what that cost', async () => {
    const words = ['--method', 'rtn', '--bits', '4', '--group-size', '32', '--data', held];
    const result = await lathe.json('quantize', lathe.path('full'), ...words, '--out', lathe.path('int4'));
    expect(result.sizeBytesAfter).toBeLessThan(result.sizeBytesBefore * 0.6);
    expect(result.bitsPerWeight).toBeLessThan(9);
    expectReport(result.before);
    expectReport(result.after);
    expect(result.after.perplexity).toBeLessThan(result.before.perplexity * 1.5);
  });

  it('evaluates one model against another', async () => {
    const text = join(DATA, 'moby-dick-test.txt');
    const words = ['--text', text, '--context', '128', '--stride', '64', '--against', lathe.path('full')];
    const result = await lathe.json('eval', lathe.path('int4'), ...words);
    expect(result.perplexity).toBeGreaterThan(1);
    expect(result.bitsPerByte).toBeGreaterThan(0);
    expect(result.klDivergence.mean).toBeGreaterThan(0);
    expect(result.klDivergence.p99).toBeGreaterThan(result.klDivergence.mean);
    expect(result.topAgreement).toBeGreaterThan(0.5);
  });

  it('generates the same text for the same seed', async () => {
    const words = ['--prompt', 'How much light does a monstera need?', '--chat', '--max-tokens', '12'];
    const sampled = [...words, '--temperature', '1', '--seed', '7'];
    const [greedy, first, second] = [
      await lathe.json('generate', lathe.path('full'), ...words, '--temperature', '0'),
      await lathe.json('generate', lathe.path('full'), ...sampled),
      await lathe.json('generate', lathe.path('full'), ...sampled),
    ];
    expect(first.text).toBe(second.text);
    expect(first.ids).toEqual(second.ids);
    expect(greedy.ids.length).toBeGreaterThan(0);
    expect(greedy.promptTokens).toBeGreaterThan(5);
  });

  it('profiles', async () => {
    const result = await lathe.json('profile', lathe.path('int4'), '--contexts', '16,64', '--repeat', '2');
    expect(result.contexts.map((c: { tokens: number }) => c.tokens)).toEqual([16, 64]);
    expect(result.operators.length).toBeGreaterThan(3);
    expect(result.loadMs).toBeGreaterThan(0);
  });

  it.each(['onnx', 'safetensors', 'gguf'])('exports to %s, and its checks pass', async (target) => {
    const source = lathe.path(target === 'onnx' ? 'int4' : 'full');
    const result = await lathe.json('export', source, '--target', target, '--out', lathe.path(`export-${target}`));
    expect(result.checks.length).toBeGreaterThan(1);
    expect(result.checks.filter((c: { passed: boolean }) => !c.passed)).toEqual([]);
    expect(result.files[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('runs a recipe: every step recorded, in lathe.json and in a model card', async () => {
    const recipe = join(ROOT, 'test/e2e/cli/recipe.yaml');
    const result = await lathe.json('run', recipe, '--out', lathe.path('recipe'));
    expect(result.steps.map((s: { name: string }) => s.name)).toEqual(['finetune', 'quantize', 'export']);
    const lineage = JSON.parse(await readFile(join(result.model, 'lathe.json'), 'utf8'));
    expect(lineage.steps.slice(-2).map((s: { technique: string }) => s.technique)).toEqual(['finetune', 'quantize']);
    expect(await readFile(join(result.model, 'README.md'), 'utf8')).toContain('| Perplexity |');
  });
});

describe('every command', () => {
  it.each(COMMANDS.map((c) => c.name))('%s says how it is used, with an example', async (name) => {
    const { status, stdout } = await lathe.run(...name.split(' '), '--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`lathe ${name}`);
    expect(stdout).toMatch(/example/i);
  });

  it('answers a mistake with one sentence, a code and a hint, and no stack', async () => {
    expect(await lathe.error('generate', 'no-such-model', '--prompt', 'x')).toMatchObject({
      code: 'model/not-a-model',
    });
    expect(await lathe.error('quantize', 'starter', '--bits', '7', '--out', lathe.path('x'))).toMatchObject({
      code: 'arguments/invalid',
    });
    const { status, stderr } = await lathe.run('generate', 'no-such-model', '--prompt', 'x');
    expect(status).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
