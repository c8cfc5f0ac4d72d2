/** Greedy decoding after prompts of three lengths, beside each peer; after the longest also with keys and values in int8. */
import { decodingRow, PEERS } from './decode.mjs';

const LENGTHS = [64, 512, 1024];
const AT_LEAST = 1.1;

const row = (peer, length, more) =>
  decodingRow({
    name: `decode-${length}-${peer}`,
    title: `Greedy decoding after ${length} tokens, int4, head in ${PEERS[peer].headBits} bits`,
    length,
    peers: [PEERS[peer]],
    results: [
      { metric: 'decode', label: 'tokens a second', unit: '/s', target: { atLeast: AT_LEAST } },
      { metric: 'decodeCpu', label: '  a second of processor time', unit: '/s' },
    ],
    ...more,
  });

export const decodeLengths = [
  ...LENGTHS.flatMap((length) => [row('llama', length), row('genai', length)]),
  row('genai', 1024, {
    name: 'decode-1024-genai-int8-cache',
    title: 'The same, keys and values in int8',
    settings: { cacheType: 'int8' },
  }),
];
