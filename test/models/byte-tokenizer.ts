/** Fixtures with a byte-level tokenizer, which GGUF files must have. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a fixture and gives it a byte-level tokenizer with as many tokens as its embedding has rows.
 * @param change to its config.json
 */
export async function copyWithTokenizer(
  folder: string,
  copy: string,
  change: Record<string, unknown> = {},
): Promise<string> {
  await cp(folder, copy, { recursive: true });
  const config = { ...JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), ...change };
  await writeFile(join(copy, 'config.json'), JSON.stringify(config));
  const tokens = ['t', '0', 't0', ...Array.from({ length: config.vocab_size - 3 }, (_, i) => `t${i + 3}`)];
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = { type: 'BPE', unk_token: null, byte_fallback: false, vocab, merges: ['t 0'] };
  const tokenizer = { version: '1.0', added_tokens: [], pre_tokenizer: byteLevel, decoder: byteLevel, model };
  await writeFile(join(copy, 'tokenizer.json'), JSON.stringify(tokenizer));
  return copy;
}
