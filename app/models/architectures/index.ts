/** All architectures. A new one is a new file and a line here. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Architecture, DecoderConfig } from './architecture.ts';
import { bert } from './bert.ts';
import { distilBert } from './distilbert.ts';
import { gemma } from './gemma.ts';
import { gptNeoX } from './gpt-neox.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { marian } from './marian.ts';
import { modernBert } from './modernbert.ts';
import { olmo2 } from './olmo2.ts';
import { opt } from './opt.ts';
import { phi3 } from './phi3.ts';
import { smolLm3 } from './smollm3.ts';
import { stableLm } from './stablelm.ts';
import { t5 } from './t5.ts';
import { readTask, type Task } from './task.ts';
import { missingFor } from './unsupported.ts';

export const ARCHITECTURES: readonly Architecture[] = [
  llama,
  gpt2,
  gemma,
  granite,
  smolLm3,
  olmo2,
  stableLm,
  phi3,
  gptNeoX,
  opt,
  bert,
  distilBert,
  modernBert,
  t5,
  marian,
];

export interface Described {
  readonly architecture: Architecture;
  readonly config: DecoderConfig;
  readonly task: Task;
}

/**
 * Finds the architecture of a parsed config.json and reads its configuration.
 * @param has whether the model's files hold a tensor, where the configuration alone does not tell
 * @throws UserError model/unsupported, model/bad-config
 */
export function describe(json: unknown, has?: (tensor: string) => boolean): Described {
  const type = z.object({ model_type: z.string() }).safeParse(json).data?.model_type;
  if (!type) throw new UserError('model/bad-config', 'config.json has no "model_type"');
  const architecture = ARCHITECTURES.find((a) => a.modelTypes.includes(type));
  if (!architecture) {
    const known = ARCHITECTURES.flatMap((a) => a.modelTypes).join(', ');
    throw new UserError(
      'model/unsupported',
      `the architecture "${type}" is not supported: ${missingFor(json)} (known: ${known})`,
    );
  }
  refuseHuge(json as Readonly<Record<string, unknown>>);
  try {
    const config = architecture.readConfig(json, has);
    return { architecture, config, task: readTask(json, architecture, config) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw new UserError('model/bad-config', `config.json: ${issue.path.join('.')}: ${issue.message}`, { cause: error });
  }
}

/** Far beyond every model there is: a file that says more would only make us build a graph without end. */
const MOST_LAYERS = 4096;
const LARGEST_SIZE = 2 ** 32;

/** @throws UserError model/bad-config */
function refuseHuge(json: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(json)) {
    if (typeof value !== 'number' || !/_size$|_dim$|layer|heads|expert|^n_/.test(key)) continue;
    const most = /layer|heads|expert|^n_head/.test(key) ? MOST_LAYERS : LARGEST_SIZE;
    if (value > most) throw new UserError('model/bad-config', `config.json: ${key}: ${value} is not possible`);
  }
}

/** @throws UserError arguments/incompatible for a model that does not continue a text */
export function assertContinues(described: Described): void {
  if (described.architecture.kind !== 'decoder' || described.task.kind !== 'next-token') refuse(described);
}

/** @throws UserError arguments/incompatible for a model that writes no text: neither continues one nor answers it */
export function assertWrites(described: Described): void {
  if (described.task.kind !== 'next-token') refuse(described);
}

function refuse({ architecture, task }: Described): never {
  const what =
    task.kind === 'classification'
      ? `a classifier (${architecture.name})`
      : `${architecture.name}, an ${architecture.kind},`;
  throw new UserError('arguments/incompatible', `${what} does not continue a text`);
}
