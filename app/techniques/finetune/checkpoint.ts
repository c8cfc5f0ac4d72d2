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
import { bestOf } from './early-stopping.ts';
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
  evaluations: z
    .array(
      z.object({
        step: z.number().int().nonnegative(),
        loss: z.number(),
        measured: z.record(z.string(), z.number()).optional(),
      }),
    )
    .default([]),
});
type State = z.infer<typeof stateSchema>;
/** What was measured, apart from where the run stands: a later checkpoint must not take that from an earlier one. */
const progressSchema = stateSchema.pick({
  losses: true,
  learningRates: true,
  gradientNorms: true,
  tokens: true,
  supervised: true,
  seconds: true,
  evaluations: true,
});
export type Progress = z.infer<typeof progressSchema>;

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
  await writeParts(join(folder, file), parts);
  const state: State = {
    ...progress,
    version: 1,
    run: { ...run },
    steps: trainer.steps,
    file,
    bytes: sizeOf(parts),
    optimiser: Object.fromEntries([...extra].map(([name, values]) => [name, values.length])),
  };
  await writeJsonAtomically(join(folder, STATE), state);
  const best = bestOf(progress.evaluations);
  const kept = [STATE, file, best && bestFile(best.step)];
  for (const name of await readdir(folder)) if (!kept.includes(name)) await rm(join(folder, name), { force: true });
}

const bestFile = (step: number): string => `best-${step}.bin`;

/** Keeps the trained values as they are now, beside the checkpoint. An earlier best stays until a checkpoint names this one. */
export async function saveBest(folder: string, trainer: Trainer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeParts(join(folder, bestFile(trainer.steps)), trainer.arena.slotViews(0).map(bytesOf));
}

/** Puts the values of `step` back. @throws UserError weights/truncated */
export async function loadBest(folder: string, trainer: Trainer, step: number): Promise<void> {
  await readParts(join(folder, bestFile(step)), trainer.arena.slotViews(0).map(bytesOf));
}

async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await writeAtomically(path, async (handle) => {
    for (const part of parts) {
      for (let at = 0; at < part.byteLength; at += 1 << 30)
        await handle.write(part, at, Math.min(1 << 30, part.byteLength - at));
    }
  });
}

async function readParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new UserError('weights/truncated', `${path} is missing`, { cause });
  });
  try {
    if ((await handle.stat()).size !== sizeOf(parts)) {
      throw new UserError('weights/truncated', `${path} has the wrong size`);
    }
    for (const part of parts) {
      for (let at = 0; at < part.byteLength; ) {
        const { bytesRead } = await handle.read(part, at, Math.min(1 << 30, part.byteLength - at));
        if (bytesRead === 0) throw new UserError('weights/truncated', `${path} ends too early`);
        at += bytesRead;
      }
    }
  } finally {
    await handle.close();
  }
}

const sizeOf = (parts: readonly Uint8Array[]): number => parts.reduce((n, part) => n + part.byteLength, 0);

async function readState(folder: string): Promise<State | undefined> {
  const text = await readFile(join(folder, STATE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError('weights/truncated', `${join(folder, STATE)} is not a checkpoint`, { cause });
  }
}

const shaping = z.object({
  batchSize: z.number().int().positive(),
  accumulate: z.number().int().positive(),
  checkpointing: z.boolean(),
});

/** The settings that a run's memory depends on, as the run began with them; undefined where there is no checkpoint. */
export async function checkpointSettings(folder: string): Promise<z.infer<typeof shaping> | undefined> {
  const state = await readState(folder);
  return state && shaping.parse(state.run);
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
  if (state.bytes !== sizeOf(parts)) {
    throw new UserError('weights/truncated', `${join(folder, state.file)} has the wrong size`);
  }
  await readParts(join(folder, state.file), parts);
  optimiser.restore(extra);
  trainer.steps = state.steps;
  return progressSchema.parse(state);
}

export const removeCheckpoint = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
