/** All architectures. A new one is a new file and a line here. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Architecture, DecoderConfig } from './architecture.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';

export const ARCHITECTURES: readonly Architecture[] = [llama, gpt2];

export interface Described {
  readonly architecture: Architecture;
  readonly config: DecoderConfig;
}

/**
 * Finds the architecture of a parsed config.json and reads its configuration.
 * @throws UserError model/unsupported, model/bad-config
 */
export function describe(json: unknown): Described {
  const type = z.object({ model_type: z.string() }).safeParse(json).data?.model_type;
  if (!type) throw new UserError('model/bad-config', 'config.json has no "model_type"');
  const architecture = ARCHITECTURES.find((a) => a.modelTypes.includes(type));
  if (!architecture) {
    const known = ARCHITECTURES.flatMap((a) => a.modelTypes).join(', ');
    throw new UserError('model/unsupported', `the architecture "${type}" is not supported (known: ${known})`);
  }
  try {
    return { architecture, config: architecture.readConfig(json) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [issue] = error.issues;
    throw new UserError('model/bad-config', `config.json: ${issue.path.join('.')}: ${issue.message}`, { cause: error });
  }
}
