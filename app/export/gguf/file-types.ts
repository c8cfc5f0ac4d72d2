/** How a GGUF file stores its weights, by the names users know. */
import type { WritableBlock } from '../../models/weights/index.ts';

/** In the order of size. */
export const GGUF_TYPES = [
  'f16',
  'q8_0',
  'q6_k',
  'q5_1',
  'q5_k',
  'q5_0',
  'q4_1',
  'q4_k',
  'q4_0',
  'iq4_nl',
  'iq4_xs',
  'q3_k',
  'q2_k',
] as const;
export type FileType = (typeof GGUF_TYPES)[number];
type Stored = 'float16' | WritableBlock;

interface FileForm {
  readonly matrix: Stored;
  /** Of embedding and head. */
  readonly table: Stored;
  /** Of matrices whose rows are no multiple of 256, which k-quants need: as large or the next larger, as llama.cpp does. */
  readonly narrow?: Stored;
  /** `general.file_type`: for k-quants that of the small mix, the nearest there is. */
  readonly id: number;
}

export const FILE_TYPES: Readonly<Record<FileType, FileForm>> = {
  f16: { matrix: 'float16', table: 'float16', id: 1 },
  q8_0: { matrix: 'Q8_0', table: 'Q8_0', id: 7 },
  q6_k: { matrix: 'Q6_K', table: 'Q8_0', narrow: 'Q8_0', id: 18 },
  q5_1: { matrix: 'Q5_1', table: 'Q8_0', id: 9 },
  q5_k: { matrix: 'Q5_K', table: 'Q8_0', narrow: 'Q5_1', id: 16 },
  q5_0: { matrix: 'Q5_0', table: 'Q8_0', id: 8 },
  q4_1: { matrix: 'Q4_1', table: 'Q8_0', id: 3 },
  q4_k: { matrix: 'Q4_K', table: 'Q8_0', narrow: 'Q5_0', id: 14 },
  q4_0: { matrix: 'Q4_0', table: 'Q8_0', id: 2 },
  iq4_nl: { matrix: 'IQ4_NL', table: 'Q8_0', id: 25 },
  iq4_xs: { matrix: 'IQ4_XS', table: 'Q8_0', narrow: 'IQ4_NL', id: 30 },
  q3_k: { matrix: 'Q3_K', table: 'Q8_0', narrow: 'IQ4_NL', id: 11 },
  q2_k: { matrix: 'Q2_K', table: 'Q8_0', narrow: 'IQ4_NL', id: 10 },
};
