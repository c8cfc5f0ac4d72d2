/** Text for the methods that look at activations: the user's own, else a sample that comes with Lathe. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../contract/errors.ts';
import { loadDataset } from '../../datasets/index.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { findChatTemplate } from '../../models/chat-template.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';

/** The text that comes with Lathe. */
export const SAMPLE = fileURLToPath(new URL('../../../resources/data/moby-dick-train.txt', import.meta.url));
/** Tokens of a window. */
const WINDOW = 256;

export interface CalibrationRequest {
  /** A text or a data set; absent: the sample. */
  readonly file?: string;
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
  /** Most tokens to take. */
  readonly tokens: number;
  /** Longest window that the model can take. */
  readonly longest: number;
  /** What the quality will be measured on and is therefore left out, where enough remains: tokens of a text, rows of a set. */
  readonly reserved: { readonly tokens: number; readonly rows: number };
}

export interface CalibrationText {
  readonly windows: readonly Int32Array[];
  readonly tokens: number;
  /** What a reader of the result should know. */
  readonly notes: readonly string[];
}

/**
 * Windows of one length, spread evenly over the text; the same call gives the same windows.
 * @param folder of the model: its tokenizer and chat template
 * @throws UserError dataset/*, tokenizer/*, file/not-found
 */
export async function calibrationText(folder: string, request: CalibrationRequest): Promise<CalibrationText> {
  const notes: string[] = [];
  const stream = await tokensOf(folder, request, notes);
  if (stream.length < 2) throw new UserError('dataset/empty', 'the calibration text has fewer than two tokens');
  const length = Math.min(WINDOW, request.longest, stream.length);
  const available = Math.floor(stream.length / length);
  const count = Math.min(available, Math.max(1, Math.floor(request.tokens / length)));
  if (length < Math.min(WINDOW, request.longest)) {
    notes.push(`the calibration text has only ${length} tokens, fewer than the ${WINDOW} of a window`);
  } else if (count * length < Math.min(request.tokens, 2048)) {
    notes.push(`calibrated with ${count * length} tokens only: more text would make it better`);
  }
  const windows = Array.from({ length: count }, (_, i) => {
    const begin = Math.floor((i * available) / count) * length;
    return stream.slice(begin, begin + length);
  });
  return { windows, tokens: count * length, notes };
}

async function tokensOf(folder: string, request: CalibrationRequest, notes: string[]): Promise<Int32Array> {
  const { file = SAMPLE, format, columns, reserved } = request;
  const tokenizer = await loadTokenizer(folder);
  if (request.file === undefined) notes.push('calibrated with a sample text: give data of your own for your own use');
  if (/\.(txt|md)$/i.test(file) && format === undefined) {
    const text = await withFileErrors(file, () => readFile(file, 'utf8'));
    const ids = Int32Array.from(tokenizer.encode(text, { special: true }));
    return request.file === undefined ? ids : without(ids, reserved.tokens, notes);
  }
  const dataset = await loadDataset(file, tokenizer, await findChatTemplate(folder), {
    format,
    columns,
    maxLength: Math.min(2048, request.longest),
  });
  const store = dataset.train;
  const enough = store.count >= 2 * reserved.rows;
  if (!enough) notes.push(SAME_TEXT);
  const parts: number[] = [];
  for (let i = enough ? reserved.rows : 0; i < store.count; i++) for (const id of store.get(i).ids) parts.push(id);
  return Int32Array.from(parts);
}

const SAME_TEXT = 'calibrated with the text that the quality is measured on: there was too little to set some apart';

function without(ids: Int32Array, reserved: number, notes: string[]): Int32Array {
  if (ids.length >= 2 * reserved) return ids.subarray(reserved);
  notes.push(SAME_TEXT);
  return ids;
}
