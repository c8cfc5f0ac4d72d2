/** Token ids that source and export are compared on: texts where the model has a tokenizer, plain ids where it has none. */

import { UserError } from '../contract/errors.ts';
import { readConfig } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';

const TEXTS = ['The capital of France is', 'Once upon a time there was a', '1, 2, 3, 4, 5,'];

export async function checkPrompts(folder: string): Promise<number[][]> {
  try {
    const tokenizer = await loadTokenizer(folder);
    return TEXTS.map((text) => tokenizer.encode(text, { special: true }));
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'tokenizer/missing')) throw error;
    const vocabulary = Number((await readConfig(folder)).vocab_size);
    return [0, 1, 2].map((row) => Array.from({ length: 6 }, (_, i) => (row * 31 + i * 7 + 3) % vocabulary));
  }
}
