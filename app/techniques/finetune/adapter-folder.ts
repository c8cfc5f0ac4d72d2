/** Writes a LoRA adapter as PEFT reads it: adapter_config.json and adapter_model.safetensors. */
import { join } from 'node:path';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { WeightSpec } from '../../models/graphs/scoring-graph.ts';
import { type TensorToWrite, writeSafetensors } from '../../models/weights/safetensors-writer.ts';

export interface AdapterToWrite {
  readonly base: string;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilised: boolean;
  readonly linears: ReadonlyMap<string, LinearSpec>;
  readonly modules: readonly string[];
  readonly weights: readonly WeightSpec[];
  /** Modules that were trained whole: the head of a classifier. */
  readonly whole: readonly string[];
  values(name: string): Float32Array;
}

const PREFIX = 'base_model.model.';

/** @throws UserError disk/full, file/not-allowed, file/exists */
export async function writeAdapterFolder(folder: string, adapter: AdapterToWrite): Promise<void> {
  const entries: TensorToWrite[] = adapter.weights.map(({ name, shape }) => ({
    name: `${PREFIX}${name}`,
    dtype: 'float32',
    shape,
    produce: () => adapter.values(name),
  }));
  const targets = [...new Set(adapter.modules.map((name) => name.slice(name.lastIndexOf('.') + 1)))].sort();
  const config = {
    peft_type: 'LORA',
    task_type: adapter.whole.length > 0 ? 'SEQ_CLS' : 'CAUSAL_LM',
    base_model_name_or_path: adapter.base,
    r: adapter.rank,
    lora_alpha: adapter.alpha,
    lora_dropout: adapter.dropout,
    target_modules: targets,
    fan_in_fan_out: adapter.modules.some((name) => adapter.linears.get(name)?.layout === 'in-out'),
    use_rslora: adapter.rankStabilised,
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
