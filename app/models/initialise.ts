/** A model that has learnt nothing yet: random weights for a configuration, as a Hugging Face folder. */
import { join } from 'node:path';
import { writeFolderAtomically, writeJsonAtomically } from '../files/atomic.ts';
import { Random } from '../tensor/random.ts';
import { describe } from './architectures/index.ts';
import { buildScoringGraph } from './graphs/scoring-graph.ts';
import { writeShards } from './weights/safetensors-writer.ts';

/**
 * Matrices are drawn from a normal distribution (standard deviation 0.02; those that end a residual branch divided by
 * sqrt(2 layers), Radford et al. 2019), norms begin at one, biases at zero.
 * @param files further JSON or text files of the folder: name -> content
 * @throws UserError model/unsupported, model/bad-config, disk/full, file/*
 */
export async function initialiseModel(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  files: Readonly<Record<string, unknown>>,
  seed = 0,
): Promise<void> {
  const described = describe(config);
  const { weights } = buildScoringGraph(described, 1);
  const random = new Random([seed, 0x1417]);
  const shrunk = 1 / Math.sqrt(2 * described.config.layers);
  await writeFolderAtomically(folder, async (temporary) => {
    const entries = weights.map(({ name, shape }) => ({
      name,
      dtype: 'float32' as const,
      shape,
      produce() {
        const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
        if (/[._]bias$/.test(name)) return values;
        if (shape.length === 1) return values.fill(1);
        const deviation = /(o_proj|down_proj|c_proj)\.weight$/.test(name) ? 0.02 * shrunk : 0.02;
        for (let i = 0; i < values.length; i++) values[i] = deviation * normal(random);
        return values;
      },
    }));
    await writeJsonAtomically(join(temporary, 'config.json'), config);
    for (const [name, content] of Object.entries(files)) await writeJsonAtomically(join(temporary, name), content);
    await writeShards(temporary, entries);
    await writeJsonAtomically(join(temporary, 'lathe.json'), {
      version: 1,
      source: 'random initial weights',
      steps: [],
    });
  });
}

/** A number of the standard normal distribution (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}
