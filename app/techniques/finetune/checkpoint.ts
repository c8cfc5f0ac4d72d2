/**
 * Training checkpoints. The numbers go into a file of their own first; then the small state file that names it is
 * renamed into place, so that a kill at any moment leaves the last whole checkpoint.
 */
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { writeAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import type { Trainer } from './trainer.ts';

const stateSchema = z.object({
  version: z.literal(1),
  /** What the run was started with: a checkpoint only fits the very same run. */
  run: z.record(z.string(), z.unknown()),
  steps: z.number().int().nonnegative(),
  file: z.string().regex(/^step-\d+\.bin$/),
  bytes: z.number().int().nonnegative(),
  optimiser: z.record(z.string(), z.number().int().nonnegative()),
  losses: z.array(z.number()),
  learningRates: z.array(z.number()),
  gradientNorms: z.array(z.number()),
  tokens: z.number(),
  supervised: z.number(),
  seconds: z.number(),
});
type State = z.infer<typeof stateSchema>;
export type Progress = Pick<State, 'losses' | 'learningRates' | 'gradientNorms' | 'tokens' | 'supervised' | 'seconds'>;

const STATE = 'state.json';
const bytesOf = (view: Float32Array): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

function views(trainer: Trainer): Float32Array[] {
  return trainer.storedSlots.flatMap((slot) => trainer.arena.slotViews(slot));
}

/** @throws UserError disk/full, file/not-allowed */
export async function saveCheckpoint(
  folder: string,
  run: Readonly<Record<string, unknown>>,
  trainer: Trainer,
  optimiser: Optimiser,
  progress: Progress,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = `step-${trainer.steps}.bin`;
  const extra = optimiser.state();
  const parts = [...views(trainer), ...extra.values()].map(bytesOf);
  await writeAtomically(join(folder, file), async (handle) => {
    for (const part of parts) {
      for (let at = 0; at < part.byteLength; at += 1 << 30)
        await handle.write(part, at, Math.min(1 << 30, part.byteLength - at));
    }
  });
  const state: State = {
    version: 1,
    run: { ...run },
    steps: trainer.steps,
    file,
    bytes: parts.reduce((n, part) => n + part.byteLength, 0),
    optimiser: Object.fromEntries([...extra].map(([name, values]) => [name, values.length])),
    ...progress,
  };
  await writeJsonAtomically(join(folder, STATE), state);
  for (const name of await readdir(folder))
    if (name !== STATE && name !== file) await rm(join(folder, name), { force: true });
}

async function readState(folder: string): Promise<State | undefined> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('weights/truncated', `${join(folder, STATE)} is not a checkpoint`, { cause });
  }
}

/**
 * Puts the trainer where the checkpoint was taken.
 * @returns what had been measured until then, or undefined where there is no checkpoint
 * @throws UserError checkpoint/other-run where it belongs to another run , weights/truncated where it is damaged
 */
export async function loadCheckpoint(
  folder: string,
  run: Readonly<Record<string, unknown>>,
  trainer: Trainer,
  optimiser: Optimiser,
): Promise<Progress | undefined> {
  const state = await readState(folder);
  if (!state) return undefined;
  const differing = Object.keys({ ...run, ...state.run }).filter(
    (key) => JSON.stringify(run[key]) !== JSON.stringify(state.run[key]),
  );
  if (differing.length > 0) {
    throw new UserError(
      'checkpoint/other-run',
      `the checkpoint in ${folder} was made with another ${differing.join(', ')}`,
    );
  }
  const extra = new Map(Object.entries(state.optimiser).map(([name, length]) => [name, new Float32Array(length)]));
  const parts = [...views(trainer), ...extra.values()].map(bytesOf);
  const handle = await open(join(folder, state.file)).catch((cause: unknown) => {
    throw new UserError('weights/truncated', `${folder} lacks ${state.file}`, { cause });
  });
  try {
    const expected = parts.reduce((n, part) => n + part.byteLength, 0);
    if ((await handle.stat()).size !== expected || state.bytes !== expected) {
      throw new UserError('weights/truncated', `${join(folder, state.file)} has the wrong size`);
    }
    for (const part of parts) {
      for (let at = 0; at < part.byteLength; ) {
        const { bytesRead } = await handle.read(part, at, Math.min(1 << 30, part.byteLength - at));
        if (bytesRead === 0) throw new UserError('weights/truncated', `${state.file} ends too early`);
        at += bytesRead;
      }
    }
  } finally {
    await handle.close();
  }
  optimiser.restore(extra);
  trainer.steps = state.steps;
  return state;
}

export const removeCheckpoint = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
