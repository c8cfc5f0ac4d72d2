/** Writes a LoRA or DoRA adapter as PEFT reads it: adapter_config.json and adapter_model.safetensors. */
import { join } from 'node:path';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { adapterScale } from '../../models/adapter.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { AdapterSpec } from '../../models/graphs/adapter.ts';
import type { WeightSpec } from '../../models/graphs/scoring-graph.ts';
import { type TensorToWrite, writeSafetensors } from '../../models/weights/safetensors-writer.ts';

export interface AdapterToWrite {
  readonly base: string;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilised: boolean;
  readonly linears: ReadonlyMap<string, LinearSpec>;
  readonly modules: ReadonlyMap<string, AdapterSpec>;
  readonly weights: readonly WeightSpec[];
  /** The base has an encoder and a decoder. */
  readonly answers: boolean;
  /** Modules that were trained whole: the head of a classifier. */
  readonly whole: readonly string[];
  values(name: string): Float32Array;
}

const PREFIX = 'base_model.model.';

/** The last parts of the modules' names, where those name just these modules; else the whole names. */
function targetsOf(modules: ReadonlyMap<string, unknown>, linears: ReadonlyMap<string, unknown>): string[] {
  const lastPart = (name: string) => name.slice(name.lastIndexOf('.') + 1);
  const ends = new Set([...modules.keys()].map(lastPart));
  const exact = [...linears.keys()].every((name) => modules.has(name) || !ends.has(lastPart(name)));
  return exact ? [...ends].sort() : [...modules.keys()];
}

/** @throws UserError disk/full, file/not-allowed, file/exists */
export async function writeAdapterFolder(folder: string, adapter: AdapterToWrite): Promise<void> {
  const entries: TensorToWrite[] = adapter.weights.map(({ name, shape }) => ({
    name: `${PREFIX}${name}`,
    dtype: 'float32',
    shape,
    produce: () => adapter.values(name),
  }));
  const { linears, modules, rank, alpha, rankStabilised } = adapter;
  const specs = [...modules];
  const alphaOf = (spec: AdapterSpec) => spec.scale / adapterScale(1, spec.rank, rankStabilised);
  const otherRanks = specs.filter(([, spec]) => spec.rank !== rank);
  const otherAlphas = specs.filter(([, spec]) => Math.abs(alphaOf(spec) / alpha - 1) > 1e-9);
  const config = {
    peft_type: 'LORA',
    task_type: adapter.whole.length > 0 ? 'SEQ_CLS' : adapter.answers ? 'SEQ_2_SEQ_LM' : 'CAUSAL_LM',
    base_model_name_or_path: adapter.base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: adapter.dropout,
    rank_pattern: Object.fromEntries(otherRanks.map(([name, spec]) => [name, spec.rank])),
    alpha_pattern: Object.fromEntries(otherAlphas.map(([name, spec]) => [name, alphaOf(spec)])),
    target_modules: targetsOf(modules, linears),
    fan_in_fan_out: specs.some(([name]) => linears.get(name)?.layout === 'in-out'),
    use_rslora: rankStabilised,
    use_dora: specs.some(([, spec]) => spec.magnitude),
    bias: 'none',
    modules_to_save: adapter.whole.length > 0 ? adapter.whole : null,
    inference_mode: true,
  };
  await writeFolderAtomically(
    folder,
    async (temporary) => {
      await writeSafetensors(join(temporary, 'adapter_model.safetensors'), entries);
      await writeJsonAtomically(join(temporary, 'adapter_config.json'), config);
    },
    'adapter_config.json',
  );
}
