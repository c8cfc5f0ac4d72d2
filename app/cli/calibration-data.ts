/** Token sequences that a technique finds out on what matters in a model: the user's data, or an embedded text. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../contract/errors.ts';
import type { CommandContext } from './command.ts';
import { type DataOptions, loadTrainingData } from './training-data.ts';

const embedded = (name: string): string => fileURLToPath(new URL(`../../resources/data/${name}`, import.meta.url));

/** Chapters 91 to 115 of Moby Dick, and chapters 116 to 120: they do not overlap. */
export const CALIBRATION_TEXT = embedded('moby-dick-train.txt');
export const EVALUATION_TEXT = embedded('moby-dick-test.txt');

/**
 * @param file text, data set or pre-tokenised safetensors; absent: the embedded text
 * @throws UserError dataset/*, tokenizer/*, file/*
 */
export async function calibrationSequences(
  model: string,
  file: string = CALIBRATION_TEXT,
  options: Pick<DataOptions, 'format' | 'columns'>,
  context: CommandContext,
): Promise<readonly ArrayLike<number>[]> {
  if (/\.(txt|md)$/i.test(file) && options.format === undefined) {
    const { loadTokenizer } = await import('../models/tokenizer.ts');
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new UserError('file/not-found', `${file} cannot be read`, { cause });
    });
    return [(await loadTokenizer(model)).encode(text, { special: true })];
  }
  const whole = { ...options, maxLength: 2048, heldOut: 0, seed: 0 };
  const { data } = await loadTrainingData(model, file, whole, context);
  if ('store' in data) return Array.from({ length: data.store.count }, (_, i) => data.store.get(i).ids);
  const { readConstant, safetensorsConstants } = await import('../models/weights/constants.ts');
  const stored = (await safetensorsConstants(data.tokens)).get('input_ids');
  if (!stored) throw new UserError('dataset/unreadable', `${data.tokens} has no input_ids`);
  return [Array.from((await readConstant(stored)).data as Int32Array, Number)];
}
