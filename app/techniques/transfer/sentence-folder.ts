/** The files by which sentence-transformers knows how a model folder makes one vector of a text: mean of the tokens, length one. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../../files/atomic.ts';

const MODULES = [
  { idx: 0, name: '0', path: '', type: 'sentence_transformers.models.Transformer' },
  { idx: 1, name: '1', path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
  { idx: 2, name: '2', path: '2_Normalize', type: 'sentence_transformers.models.Normalize' },
];

/** @param maxLength tokens of a text */
export async function writeSentenceFiles(folder: string, width: number, maxLength: number): Promise<void> {
  await writeJsonAtomically(join(folder, 'modules.json'), MODULES);
  await writeJsonAtomically(join(folder, 'sentence_bert_config.json'), {
    max_seq_length: maxLength,
    do_lower_case: false,
  });
  await mkdir(join(folder, '1_Pooling'), { recursive: true });
  await writeJsonAtomically(join(folder, '1_Pooling', 'config.json'), {
    word_embedding_dimension: width,
    pooling_mode_cls_token: false,
    pooling_mode_mean_tokens: true,
    pooling_mode_max_tokens: false,
    pooling_mode_mean_sqrt_len_tokens: false,
  });
}
