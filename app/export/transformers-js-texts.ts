/** What transformers.js reads beside the ONNX files: configuration, template inside tokenizer_config.json, generation settings. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import type { StoredModel } from '../models/stored.ts';
import { dataFileName } from '../onnx/write.ts';
import { findTokenizer } from './compare-text.ts';

/** transformers.js' names of what weights are stored as, with what follows `model` in the file's name. */
export const SUFFIXES = { fp32: '', fp16: '_fp16', q8: '_quantized', q4: '_q4', q4f16: '_q4f16' } as const;
export type Dtype = keyof typeof SUFFIXES;

const GENERATION = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

/** @param dtypes the files that there are; the first is what loads where nobody asks for another */
export async function writeTexts(model: StoredModel, folder: string, dtypes: readonly Dtype[]): Promise<void> {
  const { configJson, architecture } = model;
  const files = new Set(await readdir(join(folder, 'onnx')));
  const external = dtypes
    .map((dtype) => `model${SUFFIXES[dtype]}.onnx`)
    .filter((name) => files.has(dataFileName(name)))
    .map((name) => [name, 1]);
  await writeJsonAtomically(join(folder, 'config.json'), {
    ...configJson,
    'transformers.js_config': { dtype: dtypes[0], use_external_data_format: Object.fromEntries(external) },
  });
  const generation = join(folder, 'generation_config.json');
  if (architecture.kind !== 'encoder' && !(await readObject(generation))) {
    const known = GENERATION.filter((name) => configJson[name] !== undefined && configJson[name] !== null);
    await writeJsonAtomically(generation, Object.fromEntries(known.map((name) => [name, configJson[name]])));
  }
  await writeTokenizerTexts(model, folder);
}

/** Writes the template into tokenizer_config.json, where every runtime looks for it. */
export async function writeTokenizerTexts(model: StoredModel, folder: string): Promise<void> {
  if (!(await findTokenizer(model.folder))) return;
  const file = join(folder, 'tokenizer_config.json');
  const configuration = (await readObject(file)) ?? { tokenizer_class: 'PreTrainedTokenizerFast' };
  const template = await findChatTemplate(model.folder);
  await writeJsonAtomically(
    file,
    template ? { ...configuration, chat_template: inside(template.sources) } : configuration,
  );
}

/** One template as text, several as transformers lists them. */
function inside(sources: ReadonlyMap<string, string>): unknown {
  const [first] = sources.values();
  return sources.size === 1 ? first : [...sources].map(([name, template]) => ({ name, template }));
}
