/**
 * GGUF types as Lathe and as llama.cpp write them: mean divergence from the same model in half precision, both measured by
 * llama.cpp. The starter's rows are multiples of 256, so that k-types are what their names say; both files are equally large.
 * The rows that end in `-imatrix` weigh errors by one importance matrix on both sides, that of `lathe imatrix` on its sample.
 * These figures are the same in every run, so each side is measured once.
 */
import { measuredOnce } from '../measured-once.mjs';
import { divergence, exported, inFolder, judged, needs, quantizedByLlama, shared } from '../starter-gguf.mjs';

const once = measuredOnce();

/** @param write gives the path of the quantized file */
const side = (name, write) =>
  once(name, (context) =>
    inFolder(async (work) => {
      const { kld, ppl, bytes } = await judged(context, await write(context, work));
      return { values: { divergence: kld, perplexity: ppl, kilobytes: bytes / 1e3 } };
    }),
  );

const row = (type, id, weighed) => {
  const name = `quality-gguf-${type}${weighed ? '-imatrix' : ''}`;
  return {
    name,
    group: 'quality',
    title: `GGUF ${type} of the starter model${weighed ? ', with an importance matrix' : ''}`,
    needs,
    sides: {
      lathe: side(`${name} lathe`, async (context, work) =>
        exported(work, type, ...(weighed ? ['--imatrix', (await shared(context)).importance] : [])),
      ),
      'llama.cpp': side(
        `${name} llama.cpp`,
        async (context, work) => (await quantizedByLlama(context, work, id, weighed)).model,
      ),
    },
    results: [
      divergence('divergence from half precision'),
      {
        metric: 'perplexity',
        label: '  perplexity',
        unit: '',
        digits: 2,
        higherIsBetter: false,
        target: { atMost: 1.005, of: 'ratio' },
      },
      { metric: 'kilobytes', label: '  size of the file', unit: 'kB', digits: 0, higherIsBetter: false },
    ],
  };
};

/** The numbers are llama.cpp's `ftype`s. */
const TYPES = {
  q8_0: 7,
  q6_k: 18,
  q5_1: 9,
  q5_k_m: 17,
  q5_k: 16,
  q5_0: 8,
  q4_1: 3,
  q4_k_m: 15,
  q4_k: 14,
  q4_0: 2,
  iq4_nl: 25,
  iq4_xs: 30,
  q3_k_m: 12,
  q3_k: 11,
  q2_k: 10,
};
export const qualityGguf = [false, true].flatMap((weighed) =>
  Object.entries(TYPES)
    // Eight bits are not searched for: nothing is weighed.
    .filter(([type]) => !(weighed && type === 'q8_0'))
    .map(([type, id]) => row(type, id, weighed)),
);
