/** Decoding after a long prompt: the cache weighs as much as the weights. */
import { decodeRow } from './decode.mjs';

export const decode1024 = [decodeRow('llama', 1024), decodeRow('genai', 1024)];
