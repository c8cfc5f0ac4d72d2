/** `lathe-profile.json`: how a model runs best on this machine, as `lathe optimize` found it. Elsewhere it does not count. */
import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../files/atomic.ts';
import { DEVICES } from '../runtime/session.ts';

export const PROFILE_FILE = 'lathe-profile.json';

/** What is absent stays as Lathe would do it anyway. */
export const runSettings = z.object({
  device: z.enum(DEVICES).optional(),
  threads: z.number().int().positive().optional(),
  /** Each thread stays on a processor of its own. */
  pinned: z.boolean().optional(),
  /** Idle threads wait busily between steps. */
  spin: z.boolean().optional(),
  cacheType: z.enum(['float32', 'int8']).optional(),
  /** int8: prompts are read with weights and activations rounded to int8. */
  promptType: z.enum(['stored', 'int8']).optional(),
  /** Drafts looked up in the text so far. */
  speculate: z.boolean().optional(),
  /** How much ONNX Runtime rewrites the graph. */
  optimization: z.enum(['none', 'basic', 'extended', 'all']).optional(),
  /** Weights laid out anew for speed, which takes their memory twice. */
  prepack: z.boolean().optional(),
  withoutFusions: z.array(z.string()).readonly().optional(),
  /** Requests that a server answers at once. */
  batch: z.number().int().min(1).max(64).optional(),
});
export type RunSettings = Readonly<z.infer<typeof runSettings>>;

const runProfile = z.looseObject({
  version: z.literal(1),
  machine: z.string(),
  settings: runSettings,
});

/** Processor and cores: another machine has other best settings. */
export const machineName = (): string => `${cpus()[0]?.model.trim() ?? arch()}, ${availableParallelism()} threads`;

/** The settings stored beside a model; none where there are none, or where another machine's were copied along. */
export async function storedSettings(folder: string): Promise<RunSettings> {
  const text = await readFile(join(folder, PROFILE_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    const profile = runProfile.parse(JSON.parse(text));
    return profile.machine === machineName() ? profile.settings : {};
  } catch {
    // It only makes things faster: a model with a damaged one still works.
    return {};
  }
}

/** Settings that flags were given for are the flags'. What was found for one device says nothing about another. */
export function withFlags(
  settings: RunSettings,
  flags: Pick<RunSettings, 'device' | 'threads' | 'cacheType' | 'promptType'>,
): RunSettings {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const moved = flags.device !== undefined && flags.device !== (settings.device ?? 'cpu');
  return { ...(moved ? {} : settings), ...given };
}

/** Whether the profile asks for drafts, and they leave this very text as it is. */
export const draftsBy = async (
  { speculate }: RunSettings,
  { temperature }: { readonly temperature?: number },
  decoder: { checksExactly(): Promise<boolean> },
): Promise<boolean> => speculate === true && (temperature ?? 0) === 0 && decoder.checksExactly();

/** @throws UserError file/not-allowed, disk/full */
export async function storeProfile(
  folder: string,
  settings: RunSettings,
  found: Readonly<Record<string, unknown>>,
): Promise<string> {
  const file = join(folder, PROFILE_FILE);
  await writeJsonAtomically(file, {
    version: 1,
    machine: machineName(),
    date: new Date().toISOString(),
    settings,
    ...found,
  });
  return file;
}
