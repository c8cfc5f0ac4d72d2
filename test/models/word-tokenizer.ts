/** A tokenizer of whole words, for the tiny models of fixtures, which know few tokens. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes `tokenizer.json`: WordPiece over words parted by spaces. @param tokens in the order of their ids, `[UNK]` among them */
export async function writeWordTokenizer(folder: string, tokens: Iterable<string>): Promise<void> {
  const model = {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries([...tokens].map((token, id) => [token, id])),
  };
  const tokenizer = { version: '1.0', pre_tokenizer: { type: 'Whitespace' }, model };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
}
