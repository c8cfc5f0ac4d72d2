/** Decoding after a short prompt. */
import { decodeRow } from './decode.mjs';

export const decode64 = [decodeRow('llama', 64), decodeRow('genai', 64)];
