/** Model folders whose texts are damaged or malicious, disks that are full, folders that may not be written. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { exportModel } from '../../app/export/index.ts';
import { loadChatTemplate } from '../../app/models/chat-template.ts';
import { importModel } from '../../app/models/import/index.ts';
import { readLineage } from '../../app/models/lineage.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { loadTokenizer } from '../../app/models/tokenizer.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-folders-'));
afterAll(() => rm(work, { recursive: true }));
let model: string;
let quantized: string;
let gguf: string;
beforeAll(async () => {
  model = await makeTinyModel(work, 'llama');
  quantized = join(work, 'quantized');
  await quantize(await openModel(model), quantized, quantizeSchema.parse({}), { threads: 1 });
  const { folder, files } = await exportModel(model, 'gguf-f16', join(work, 'gguf'), { threads: 1, prompts: [[1, 2]] });
  gguf = join(folder, files.find(({ path }) => path.endsWith('.gguf'))!.path);
});

const WRONG = [null, true, -1, 0, 0.5, 1e300, 2 ** 40, '', 'x', '../../etc/passwd', [], {}, [[[]]], '\ud800'];

/** Replaces the value at a random place of a JSON document. */
function damage(json: unknown, path: readonly number[], wrong: unknown): unknown {
  if (path.length === 0 || typeof json !== 'object' || json === null) return wrong;
  const keys = Object.keys(json);
  if (keys.length === 0) return wrong;
  const key = keys[path[0] % keys.length];
  const inner = damage((json as Record<string, unknown>)[key], path.slice(1), wrong);
  return Array.isArray(json) ? json.with(Number(key), inner) : { ...json, [key]: inner };
}

async function mendable(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return true;
  }
}

const OPENERS = [
  ['config.json', () => model, openStored],
  ['tokenizer.json', () => model, async (f: string) => (await loadTokenizer(f)).encode('The whale <|im_end|> 12')],
  ['tokenizer_config.json', () => model, async (f: string) => [await loadTokenizer(f), await loadChatTemplate(f)]],
  ['lathe-weights.json', () => quantized, openStored],
  ['lathe.json', () => quantized, readLineage],
] as const;

describe.each(OPENERS)('a damaged %s', (name, from, open) => {
  it('is read or refused', async () => {
    const folder = join(work, `damaged-${name}`);
    await cp(from(), folder, { recursive: true });
    const text = await readFile(join(folder, name), 'utf8');
    const json: unknown = JSON.parse(text);
    const paths = fc.array(fc.nat(1000), { minLength: 0, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(paths, fc.constantFrom(...WRONG), async (path, wrong) => {
        await writeFile(join(folder, name), JSON.stringify(damage(json, path, wrong)));
        await mendable(() => open(folder));
      }),
      { numRuns: 120, seed: 2026 },
    );
    for (const broken of ['', '{', text.slice(0, text.length / 2), '[]', 'null', '"x"', '\0\0\0']) {
      await writeFile(join(folder, name), broken);
      await mendable(() => open(folder));
    }
  });
});

describe('an index of shards', () => {
  const refuse = async (name: string, code: string, prepare?: (folder: string) => Promise<unknown>) => {
    const folder = await mkdtemp(join(work, 'index-'));
    await cp(model, folder, { recursive: true });
    const index = { metadata: {}, weight_map: { 'model.norm.weight': name } };
    await rm(join(folder, 'model.safetensors'));
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    await prepare?.(folder);
    await expect(openModel(folder)).rejects.toMatchObject({ code });
  };
  it('leads outside the folder', async () => {
    await refuse('../llama/model.safetensors', 'file/outside-folder');
    await refuse(join(work, 'llama/model.safetensors'), 'file/outside-folder');
    await refuse('link.safetensors', 'file/outside-folder', (folder) =>
      symlink(join(work, 'llama/model.safetensors'), join(folder, 'link.safetensors')),
    );
  });
  it('names what is not there, or is no index', async () => {
    await refuse('model-00001-of-00001.safetensors', 'file/not-found');
    await refuse('x', 'weights/corrupt', (f) => writeFile(join(f, 'model.safetensors.index.json'), '{"weight_map":'));
  });
});

it('a data file outside its folder, or cut, is refused', async () => {
  const folder = join(work, 'places');
  await cp(quantized, folder, { recursive: true });
  const places = JSON.parse(await readFile(join(folder, 'lathe-weights.json'), 'utf8'));
  await writeFile(
    join(folder, 'lathe-weights.json'),
    JSON.stringify({ ...places, dataFile: `../quantized/${places.dataFile}` }),
  );
  await expect(openStored(folder)).rejects.toMatchObject({ code: 'file/outside-folder' });
  await writeFile(join(folder, 'lathe-weights.json'), JSON.stringify(places));
  const data = await readFile(join(folder, places.dataFile));
  await writeFile(join(folder, places.dataFile), data.subarray(0, data.length - 1000));
  await expect(openStored(folder)).rejects.toMatchObject({ code: 'weights/truncated' });
});

/** What writes a model, and where from. */
const WRITERS: readonly (readonly [string, (out: string) => Promise<unknown>])[] = [
  ['import of a folder', (out) => importModel(model, out)],
  ['import of GGUF', (out) => importModel(gguf, out)],
  ['quantization', async (out) => quantize(await openModel(model), out, quantizeSchema.parse({}), { threads: 1 })],
  ['export', (out) => exportModel(model, 'safetensors', out, { threads: 1, prompts: [[1, 2]] })],
];

const mount = (...options: readonly string[]): string | undefined => {
  const folder = join(work, `mount-${options.join('-').replace(/\W/g, '')}`);
  try {
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
};
const isRoot = process.getuid?.() === 0;
const full = isRoot ? mount('size=100k') : undefined;
const readOnly = isRoot ? mount('ro') : undefined;
afterAll(() => {
  for (const folder of [full, readOnly]) if (folder) execFileSync('umount', [folder]);
});

describe.skipIf(!full)('a full disk (needs root, to mount a small one)', () => {
  it.each(WRITERS)('stops an %s, and nothing stays', async (_, write) => {
    await expect(write(join(full!, 'out'))).rejects.toMatchObject({ code: 'disk/full' });
    expect(await readdir(full!)).toEqual([]);
  });
});

describe.skipIf(!readOnly)('a folder that may only be read (needs root, to mount one)', () => {
  it.each(WRITERS)('stops an %s', async (_, write) => {
    await expect(write(join(readOnly!, 'out'))).rejects.toMatchObject({ code: 'file/not-allowed' });
  });
});

it('a folder of documents is never replaced', async () => {
  const documents = join(work, 'documents');
  await mkdir(documents);
  await writeFile(join(documents, 'novel.txt'), 'Call me');
  for (const [, write] of WRITERS) await expect(write(documents)).rejects.toMatchObject({ code: 'file/exists' });
  expect(existsSync(join(documents, 'novel.txt'))).toBe(true);
});
