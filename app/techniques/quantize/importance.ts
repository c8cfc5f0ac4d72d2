/** Which inputs of each linear layer fire most over a text: what a GGUF export weighs rounding errors by. */

import { UserError } from '../../contract/errors.ts';
import { GGUF_NAMES, ggufName } from '../../models/import/gguf-names.ts';
import { LayerWalk, type WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import type { Importance } from '../../models/weights/gguf/imatrix.ts';

export interface ImportanceOptions extends WalkOptions {
  /** What the text is called in the file. */
  readonly dataset: string;
  readonly onLayer?: (done: number, total: number) => void;
}

/**
 * Mean squares of the inputs of every linear layer over windows of token ids, by GGUF names. Head and embedding are left
 * out, as llama.cpp leaves them out unless asked.
 * @throws UserError arguments/incompatible for a model that has no GGUF form
 */
export async function importanceOf(
  model: Model,
  windows: readonly Int32Array[],
  { dataset, onLayer, ...options }: ImportanceOptions,
): Promise<Importance> {
  const names = GGUF_NAMES[String(model.configJson.model_type)];
  if (!names) {
    throw new UserError('arguments/incompatible', `no GGUF names for ${String(model.configJson.model_type)} yet`);
  }
  const walk = await LayerWalk.open(model, windows, options);
  const columns = new Map<string, Float32Array>();
  for (const [index, { groups }] of walk.layers.entries()) {
    const statistics = await walk.statistics(index);
    for (const { input, modules } of groups) {
      const { gram, width, tokens } = statistics.get(input)!;
      const means = Float32Array.from({ length: width }, (_, i) => gram[i * width + i] / tokens);
      for (const module of modules) {
        const name = ggufName(names, `${module}.weight`);
        if (name !== undefined) columns.set(name, means);
      }
    }
    await walk.advance(index, new Map());
    onLayer?.(index + 1, walk.layers.length);
  }
  const tokens = windows.reduce((sum, { length }) => sum + length, 0);
  return { columns, tokens, chunk: windows[0].length, dataset };
}
