/** An engine over a temporary data folder with a tiny model in its library, and the contract's client to it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import type { EngineClient } from '../../app/contract/index.ts';
import type { JobState } from '../../app/contract/jobs.ts';
import { modelsFolder } from '../../app/models/library.ts';
import { Engine } from '../../app/server/composition.ts';
import { router } from '../../app/server/router.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

export interface Harness {
  readonly home: string;
  readonly engine: Engine;
  readonly client: EngineClient;
  /** Ends the engine and removes everything. */
  close(): Promise<void>;
}

export const clientOf = (engine: Engine): EngineClient =>
  createRouterClient(router, { context: { engine, carrier: 'web' } });

export async function makeHome(): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'lathe-engine-'));
  mkdirSync(modelsFolder(home), { recursive: true });
  await makeTinyModel(modelsFolder(home), 'llama');
  return home;
}

export async function startEngine(): Promise<Harness> {
  const home = await makeHome();
  const engine = new Engine(home);
  await engine.begin();
  return {
    home,
    engine,
    client: clientOf(engine),
    async close() {
      await engine.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** `count` short chats as JSON Lines. */
export function writeChats(folder: string, count: number, name = 'chats.jsonl'): string {
  const rows = Array.from({ length: count }, (_, i) => ({
    messages: [
      { role: 'user', content: `What is ${i} and ${i + 1}?` },
      { role: 'assistant', content: `It is ${2 * i + 1}.` },
    ],
  }));
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

/** Waits until the job is in one of these states. */
export async function until(client: EngineClient, id: string, ...states: JobState[]): Promise<void> {
  for await (const event of await client.jobs.watch({ id }))
    if (event.kind === 'job' && states.includes(event.job.state)) return;
  throw new Error(`the job ended in another state than ${states}: ${JSON.stringify(await client.jobs.get({ id }))}`);
}

/** Waits for so many training steps. */
export async function untilStep(client: EngineClient, id: string, step: number): Promise<void> {
  for await (const event of await client.jobs.watch({ id }))
    if (event.kind === 'metrics' && event.points.some((point) => point.step >= step)) return;
  throw new Error(`the job ended before step ${step}: ${JSON.stringify(await client.jobs.get({ id }))}`);
}

/** Process ids of the children of `pid`; Linux. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    return text.trim() === '' ? [] : text.trim().split(' ').map(Number);
  });
}

/** Those of them that run this file. */
export const childrenRunning = (pid: number, file: string): number[] =>
  childrenOf(pid).filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(file));

export const isAlive = (pid: number): boolean => {
  try {
    // A zombie is gone: only nobody has asked for its status yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
