/** Models through GGUF and back: weights, configuration, tokenizer and template survive, and bad files are refused whole. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { exportModel } from '../../app/export/index.ts';
import { checkPrompts } from '../../app/export/prompts.ts';
import { loadChatTemplate } from '../../app/models/chat-template.ts';
import { importModel } from '../../app/models/import/index.ts';
import { openModel } from '../../app/models/model.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { makeTinyModel, TINY_CONFIGS } from './tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-gguf-'));
afterAll(() => rm(work, { recursive: true }));
/** Models with an encoder and a decoder have no GGUF export. */
const names = (Object.keys(TINY_CONFIGS) as (keyof typeof TINY_CONFIGS)[]).filter(
  (name) => !('is_encoder_decoder' in TINY_CONFIGS[name]),
);

describe.each(names)('%s', (name) => {
  it.each(['f16', 'q8_0', 'q4_0'])('becomes GGUF %s, which reads back as the same model', async (type) => {
    const source = existsSync(join(work, name)) ? join(work, name) : await makeTinyModel(work, name);
    const options = { threads: 1, prompts: await checkPrompts(source) };
    const { checks, folder, files } = await exportModel(source, `gguf-${type}`, join(work, `${name}-${type}`), options);
    expect(checks.length).toBeGreaterThanOrEqual(3);
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    const file = files.find(({ path }) => path.endsWith('.gguf'))!;

    const back = join(work, `${name}-${type}-back`);
    await importModel(join(folder, file.path), back);
    const [ours, theirs] = [await openModel(source), await openModel(back)];
    expect(theirs.config).toEqual({ ...ours.config });
    for (const text of ['The whale, 1234 times', "it's déjà vu\n\n<|im_start|>user  x", '']) {
      const [a, b] = [await loadTokenizer(source), await loadTokenizer(back)];
      expect(b.encode(text, { special: true })).toEqual(a.encode(text, { special: true }));
      expect(b.stopIds).toContain(2);
    }
    expect((await loadChatTemplate(back)).sources).toEqual((await loadChatTemplate(source)).sources);
    if (type !== 'f16') return;
    for (const [weight, constant] of ours.weights) {
      const [expected, actual] = [await readFloats(constant), await readFloats(theirs.weights.get(weight)!)];
      expect(Math.max(...expected.map((v, i) => Math.abs(v - actual[i])))).toBeLessThanOrEqual(
        1e-3 * Math.max(...expected.map(Math.abs)),
      );
    }
  });
});

describe('a file that is no good', () => {
  const refuse = async (bytes: Uint8Array, codes: readonly string[]) => {
    const file = join(work, 'bad.gguf');
    await writeFile(file, bytes);
    const out = join(work, 'bad');
    const error = await importModel(file, out).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(codes).toContain((error as UserError).code);
    expect(existsSync(out)).toBe(false);
  };
  const good = () => readFile(join(work, 'llama-f16/llama-f16.gguf'));

  it('is empty, cut, or something else', async () => {
    const bytes = await good();
    await refuse(new Uint8Array(), ['weights/truncated']);
    await refuse(bytes.subarray(0, 40), ['weights/truncated', 'weights/corrupt']);
    await refuse(bytes.subarray(0, bytes.length - 200), ['weights/truncated']);
    await refuse(Buffer.from('PK\u0003\u0004 not a model'), ['weights/corrupt', 'weights/truncated']);
  });

  it('holds infinite weights', async () => {
    const bytes = await good();
    // The file ends with float16 matrices or float32 norms: all ones in an exponent is no number in either.
    bytes.fill(0xff, bytes.length - 64, bytes.length);
    await refuse(bytes, ['weights/not-finite']);
  });

  it('is of an architecture that is not known', async () => {
    const bytes = await good();
    const at = bytes.indexOf('llama', bytes.indexOf('general.architecture') + 20);
    bytes.write('lllll', at);
    await refuse(bytes, ['model/unsupported']);
  });

  it('is a pickle, or weights alone', async () => {
    await writeFile(join(work, 'model.bin'), 'x');
    await expect(importModel(join(work, 'model.bin'), join(work, 'p'))).rejects.toMatchObject({
      code: 'weights/pickle',
    });
    const alone = join(work, 'llama/model.safetensors');
    await expect(importModel(alone, join(work, 'p'))).rejects.toMatchObject({ code: 'model/not-a-model' });
    await expect(importModel(join(work, 'nowhere'), join(work, 'p'))).rejects.toMatchObject({ code: 'file/not-found' });
  });
});

it('imports a folder whole, and refuses one with numbers that are none', async () => {
  const source = join(work, 'llama');
  const copy = join(work, 'copy');
  await importModel(source, copy);
  expect((await openModel(copy)).parameters).toBe((await openModel(source)).parameters);
  const bytes = await readFile(join(copy, 'model.safetensors'));
  bytes.fill(0xff, bytes.length - 4);
  await writeFile(join(copy, 'model.safetensors'), bytes);
  await expect(importModel(copy, join(work, 'broken'))).rejects.toMatchObject({ code: 'weights/not-finite' });
  expect(existsSync(join(work, 'broken'))).toBe(false);
});
