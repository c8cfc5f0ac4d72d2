/** Texts that `lathe adapt` held out of a classifier's data, by its own settings: on what it learnt from it is surer, and so faster. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ encodeTexts }, { loadTokenizer }, { splitLabelled }, { adaptSchema }] = await Promise.all([
  import(join(app, 'models/encode-texts.js')),
  import(join(app, 'models/tokenizer.js')),
  import(join(app, 'techniques/adaptive/labelled-split.js')),
  import(join(app, 'techniques/adaptive/schema.js')),
]);

/** @returns {Promise<Int32Array[]>} token ids of `count` of them, evenly spread */
export async function heldOutTexts(folder, data, count) {
  const rows = readFileSync(data, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { options } = JSON.parse(readFileSync(join(folder, 'lathe.json'), 'utf8')).steps.at(-1);
  const { test } = splitLabelled(rows, adaptSchema.parse(options));
  const step = Math.max(1, Math.floor(test.length / count));
  const texts = test
    .filter((_, i) => i % step === 0)
    .slice(0, count)
    .map(({ text }) => text);
  return encodeTexts(await loadTokenizer(resolve(folder)), texts, options.maxLength);
}
