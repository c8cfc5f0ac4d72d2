/**
 * Reading a prompt of 512 tokens, against the better of the two: with the weights as they are, rounded to int8, and in larger
 * groups, which are read faster, by GPTQ, which loses less all the same: .19 nats against .34 of Q4_0 on the windows of the
 * rows on quality (SmolLM2 off every grid).
 */
import { decodingRow, PEERS } from './decode.mjs';

const row = (more) =>
  decodingRow({
    length: 512,
    peers: [PEERS.llama, PEERS.genai],
    results: [
      { metric: 'prefill', label: 'tokens a second', unit: '/s', digits: 0, target: { atLeast: 1.1 } },
      { metric: 'prefillCpu', label: '  a second of processor time', unit: '/s', digits: 0 },
    ],
    ...more,
  });

export const prefill = [
  row({ name: 'prefill-512', title: 'Reading a prompt of 512 tokens, int4' }),
  row({ name: 'prefill-512-gptq', title: 'The same by GPTQ in groups of 128, which loses less', model: 'gptq128' }),
  row({ name: 'prefill-512-int8', title: 'The same with --prompt-type int8', settings: { promptType: 'int8' } }),
];
