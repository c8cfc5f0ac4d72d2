/**
 * Greedy decoding after prompts of three lengths, beside each peer. Beside onnxruntime-genai, whose int4 is rounded to nearest
 * in groups of 32, also a model that GPTQ made in groups of 64, which loses less: .328 nats against .453 on the windows of
 * the rows on quality (SmolLM2 off every grid, head in 4 bits too). After the longest prompt also with keys and values in int8.
 */
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
  ...LENGTHS.map((length) =>
    row('genai', length, {
      name: `decode-${length}-genai-gptq`,
      title: `The same after ${length}, rounded by GPTQ in groups of 64, which loses less`,
      model: 'gptq64',
    }),
  ),
  row('genai', 1024, {
    name: 'decode-1024-genai-int8-cache',
    title: 'The same, keys and values in int8',
    settings: { cacheType: 'int8' },
  }),
];
