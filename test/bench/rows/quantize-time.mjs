/** How long quantizing SmolLM2-135M takes: rounding to nearest beside ONNX Runtime's own quantizer, and GPTQ. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonIn, ROOT } from '../places.mjs';
import { measured } from '../processes.mjs';

const source = ({ peers }) => join(peers, 'hf_smollm2_offgrid');
const graph = ({ peers }) => join(peers, 'onnx_smollm2_offgrid/model.onnx');
const python = ({ peers }) => pythonIn(join(peers, 'venv'));

async function timed(command, args, work) {
  try {
    const sample = await measured(command, args, { limitSeconds: 3600 });
    return { values: { seconds: sample.wallSeconds, cpuSeconds: sample.cpuSeconds } };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const lathe = (flags) => (context) => {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  // Which way of computing is faster is measured by default: that is no part of rounding.
  const args = [
    'quantize',
    source(context),
    ...flags,
    '--accuracy-level',
    '4',
    '--no-measure',
    '--out',
    join(work, 'model'),
  ];
  return timed(process.execPath, [join(ROOT, 'bin/lathe.mjs'), ...args, '--threads', String(context.threads)], work);
};

function onnxRuntime(context) {
  const work = mkdtempSync(join(tmpdir(), 'lathe-bench-'));
  const worker = join(ROOT, 'test/bench/workers/ort_rtn.py');
  return timed(python(context), [worker, graph(context), join(work, 'model.onnx')], work);
}

const results = (target) => [
  { metric: 'seconds', label: 'time', unit: 's', higherIsBetter: false, target },
  { metric: 'cpuSeconds', label: '  of the processor', unit: 's', higherIsBetter: false },
];

export const quantizeTime = [
  {
    name: 'quantize-rtn',
    group: 'quality',
    title: 'Rounding SmolLM2-135M to 4 bits in groups of 32',
    needs: (context) => [source(context), graph(context), python(context)],
    sides: { lathe: lathe(['--bits', '4', '--symmetric']), 'onnxruntime (Python)': onnxRuntime },
    results: results({ atMost: 0.5 }),
  },
  {
    name: 'quantize-gptq',
    group: 'quality',
    title: 'GPTQ of SmolLM2-135M, 4 bits in groups of 32',
    needs: (context) => [source(context)],
    sides: { lathe: lathe(['--method', 'gptq', '--bits', '4']) },
    results: results({ atMost: 300, of: 'value' }),
  },
];
