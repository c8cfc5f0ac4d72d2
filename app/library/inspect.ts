/** What a dropped path is and what it would become, before anything is done with it. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { Inspected } from '../contract/files.ts';
import { checkDataset, openExamples, readRows } from '../datasets/index.ts';
import { modelSize } from '../models/size.ts';
import { storageFormat } from '../models/storage-format.ts';
import { openStored } from '../models/stored.ts';
import { openGguf } from '../models/weights/index.ts';
import { parseRecipe } from '../recipes/recipe.ts';

/** Larger files are not counted through while somebody holds them over the window. */
const COUNTED_BYTES = 64 * 2 ** 20;

const RECIPES: readonly string[] = ['.yaml', '.yml', '.lathe'];
const WEIGHTS: readonly string[] = ['.safetensors', '.onnx'];

const NOUNS: Readonly<Record<string, string>> = {
  messages: 'chats',
  sharegpt: 'chats',
  text: 'texts',
  preference: 'preferences',
};

export function humanParameters(parameters: number): string {
  if (parameters >= 1e9) return `${(parameters / 1e9).toFixed(parameters >= 1e10 ? 0 : 1)}B`;
  return parameters >= 1e6 ? `${Math.round(parameters / 1e6)}M` : `${Math.round(parameters / 1e3)}K`;
}

export async function inspectPath(path: string): Promise<Inspected> {
  const name = basename(path);
  try {
    const stats = await stat(path).catch((cause) => {
      throw new UserError('file/not-found', `${path} cannot be read`, { cause });
    });
    if (stats.isDirectory()) return await inspectFolder(path, name);
    const base = { path, name, sizeBytes: stats.size };
    const ending = extname(path).toLowerCase();
    if (ending === '.gguf') return { ...base, kind: 'model', ...(await describeGguf(path)) };
    if (WEIGHTS.includes(ending)) return await inspectWeights(path, base);
    if (RECIPES.includes(ending)) {
      const text = await readFile(path, 'utf8');
      const recipe = parseRecipe(text, path);
      return { ...base, kind: 'recipe', summary: `Recipe, ${recipe.steps.map((s) => s.name).join(', ')}`, text };
    }
    return { ...base, kind: 'dataset', ...(await describeData(path, stats.size)) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    return {
      path,
      name,
      kind: 'unknown',
      summary: 'Not a model, data set or recipe',
      problem: { code, message, hint },
    };
  }
}

/** A file of weights alone is no model: the folder that it lies in is, or for `onnx/model.onnx` the one above. */
async function inspectWeights(path: string, { name }: { readonly name: string }): Promise<Inspected> {
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    const there = await stat(join(folder, 'config.json')).catch(() => undefined);
    if (there) return inspectFolder(folder, basename(folder));
  }
  throw new UserError('model/not-a-model', `${name} is one file of a model: drop its whole folder`);
}

async function inspectFolder(path: string, name: string): Promise<Inspected> {
  const config = await stat(`${path}/config.json`).catch(() => undefined);
  if (!config) return { path, name, kind: 'dataset', ...(await describeData(path, undefined)) };
  const stored = await openStored(path);
  const architecture = String(stored.configJson.model_type ?? stored.architecture.name);
  const sizeBytes = await modelSize(path);
  const summary = `Model, ${architecture}, ${humanParameters(stored.parameters)}, ${storageFormat(stored)}`;
  return { path, name, kind: 'model', summary, sizeBytes };
}

async function describeGguf(path: string): Promise<Pick<Inspected, 'summary'>> {
  const source = await openGguf(path);
  try {
    const architecture = String(source.gguf.get('general.architecture') ?? 'unknown architecture');
    let parameters = 0;
    const types = new Map<string, number>();
    for (const { shape, dtype: type } of source.tensors.values()) {
      const count = shape.reduce((a, b) => a * b, 1);
      parameters += count;
      types.set(type, (types.get(type) ?? 0) + count);
    }
    const [[most]] = [...types].sort((a, b) => b[1] - a[1]);
    return { summary: `Model, ${architecture}, ${humanParameters(parameters)}, ${most} GGUF` };
  } finally {
    await source.close();
  }
}

async function describeData(path: string, bytes: number | undefined): Promise<Pick<Inspected, 'summary' | 'detail'>> {
  try {
    return await describeExamples(path, bytes);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'dataset/unknown-format') throw error;
    return describeColumns(path, bytes, error);
  }
}

/** Texts with labels, pairs, tags: whoever learns from them is told which columns to read. */
async function describeColumns(
  path: string,
  bytes: number | undefined,
  otherwise: UserError,
): Promise<Pick<Inspected, 'summary' | 'detail'>> {
  const columns = new Set<string>();
  let rows = 0;
  for await (const batch of readRows(path)) {
    for (const { value } of batch) {
      if (!value) continue;
      rows += 1;
      for (const name of Object.keys(value)) columns.add(name);
    }
    if (bytes === undefined || bytes > COUNTED_BYTES) break;
  }
  if (columns.size === 0) throw otherwise;
  const counted = bytes !== undefined && bytes <= COUNTED_BYTES ? `${rows.toLocaleString('en')} ` : '';
  const names = [...columns].slice(0, 8).join(', ');
  return { summary: `Data set, ${counted}rows`, detail: `columns of its own, for Transfer: ${names}` };
}

async function describeExamples(
  path: string,
  bytes: number | undefined,
): Promise<Pick<Inspected, 'summary' | 'detail'>> {
  if (bytes !== undefined && bytes <= COUNTED_BYTES) {
    const { format, rows, usableRows } = await checkDataset(path);
    const noun = NOUNS[format] ?? 'rows';
    const broken = rows - usableRows;
    const detail = broken > 0 ? `${broken.toLocaleString('en')} of them cannot be used` : undefined;
    return { summary: `Data set, ${rows.toLocaleString('en')} ${noun}`, detail: detail ?? `format ${format}` };
  }
  const reader = await openExamples(path);
  await reader.rows.return(undefined);
  return { summary: `Data set, ${NOUNS[reader.format] ?? 'rows'}`, detail: `format ${reader.format}` };
}
