/** Reading a prompt of 512 tokens, against the better of the two. */
import { decodingRow, PEERS } from './decode.mjs';

export const prefill = decodingRow({
  name: 'prefill-512',
  title: 'Reading a prompt of 512 tokens, int4',
  length: 512,
  peers: [PEERS.llama, PEERS.genai],
  results: [
    { metric: 'prefill', label: 'tokens a second', unit: '/s', digits: 0, target: { atLeast: 1 } },
    { metric: 'prefillCpu', label: '  a second of processor time', unit: '/s', digits: 0 },
  ],
});
