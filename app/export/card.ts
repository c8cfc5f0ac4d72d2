/** The README.md of an export: what it is, how it was made, what was measured and checked, how it is opened. */
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { type LineageStep, readLineage } from '../models/lineage.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Check } from './check.ts';

const OPENED: Readonly<Record<string, string>> = {
  onnx: "`new InferenceSession('onnx/model.onnx')` in any binding of ONNX Runtime; keep the data file beside it.",
  'transformers.js':
    "`AutoModelForCausalLM.from_pretrained(folder, { dtype: 'q4' })`, or `AutoModel` for an encoder; `dtype` picks the file.",
  'onnxruntime-mobile':
    'Put model.onnx into the app (model.ort where its ONNX Runtime is as new as `mobile-report.json` says); `samples/` has code for Kotlin, Swift and React Native.',
  'onnxruntime-genai': '`onnxruntime_genai.Model(folder)`.',
  safetensors: '`AutoModelForCausalLM.from_pretrained(folder)` in transformers; vLLM and MLX take the folder too.',
  gptq: '`vllm serve folder`, `GPTQModel.load(folder)`, or `AutoModelForCausalLM.from_pretrained(folder)` where optimum and gptqmodel are installed.',
  'gguf-lora': '`llama-cli -m base.gguf --lora adapter.gguf`, or `ADAPTER ./adapter.gguf` in a Modelfile.',
  gguf: '`llama-cli -m model.gguf`, or `ollama create my-model -f Modelfile`.',
};

const cell = (value: unknown): string => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`);

/** Numbers of a step's measurement after it. */
function measured({ after }: LineageStep): [string, string][] {
  if (typeof after !== 'object' || after === null) return [];
  return Object.entries(after).flatMap(([name, value]): [string, string][] =>
    typeof value === 'number' ? [[name, Number.isInteger(value) ? String(value) : value.toPrecision(4)]] : [],
  );
}

const settings = ({ options }: LineageStep): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined && typeof value !== 'object')
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ');

export async function writeCard(
  folder: string,
  target: string,
  model: StoredModel,
  checks: readonly Check[],
): Promise<void> {
  const { source, steps } = await readLineage(model.folder);
  const numbers = steps.map(measured).findLast((found) => found.length > 0) ?? [];
  const lines = [
    `# ${basename(model.folder)} for ${target}`,
    '',
    `Exported with Lathe from \`${basename(model.folder)}\` (${String(model.configJson.model_type)}, ${model.parameters} parameters),`,
    `made from \`${source ?? 'an unknown source'}\`. The licences of the source model and of the data apply.`,
    '',
    OPENED[target] ?? OPENED[target.replace(/-.*/, '')] ?? '',
    '',
    '## How it was made',
    '',
    ...(steps.length > 0
      ? table(
          ['step', 'settings'],
          steps.map((step) => [step.technique, settings(step)]),
        )
      : ['Nothing was changed.']),
    ...(numbers.length > 0
      ? ['', '## Measured before the export, on the machine that made it', '', ...table(['measure', 'value'], numbers)]
      : []),
    '',
    '## Checks of the export',
    '',
    ...table(
      ['check', 'result', 'detail'],
      checks.map(({ name, passed, detail }) => [name, passed ? 'passed' : 'FAILED', detail]),
    ),
  ];
  await writeFileAtomically(join(folder, 'README.md'), `${lines.join('\n')}\n`);
}
