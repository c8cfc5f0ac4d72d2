/** The engine as the shell starts it: killed in the middle of a job it leaves nothing running and loses nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineClient } from '../../app/contract/index.ts';
import type { EngineToShell } from '../../app/contract/shell.ts';
import {
  childrenOf,
  childrenRunning,
  isAlive,
  makeHome,
  until,
  untilStep,
  writeChats,
} from '../server/engine-harness.ts';

const ENGINE = resolve(import.meta.dirname, '../../dist/server/engine.js');

interface Shell {
  readonly child: ChildProcess;
  readonly client: EngineClient;
  /** What the engine said besides the contract's messages. */
  readonly said: EngineToShell[];
  readonly exited: Promise<number | null>;
}

/** Does what Electron's main process does. */
async function openShell(home: string): Promise<Shell> {
  const child = spawn(process.execPath, [ENGINE], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, LATHE_HOME: home },
  });
  const exited = new Promise<number | null>((done) => child.on('exit', (code) => done(code)));
  const said: EngineToShell[] = [];
  const listeners: ((event: { data: unknown }) => void)[] = [];
  await new Promise<void>((ready) => {
    child.on('message', (message: EngineToShell) => {
      if (message.kind === 'ready') ready();
      if (message.kind === 'data') for (const listener of listeners) listener({ data: message.data });
      else said.push(message);
      if (message.kind === 'secret') child.send({ kind: 'secret', id: message.id, value: null, kept: 'unavailable' });
    });
  });
  child.send({ kind: 'open', port: 7 });
  const port = {
    addEventListener(name: string, listener: (event: { data: unknown }) => void) {
      if (name === 'message') listeners.push(listener);
    },
    postMessage: (data: unknown) => child.connected && child.send({ kind: 'data', port: 7, data }),
  };
  return { child, said, exited, client: createORPCClient(new RPCLink({ port: port as never })) };
}

let home: string;
beforeAll(async () => {
  home = await makeHome();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function startTraining(client: EngineClient, steps: number): Promise<string> {
  const [{ id: datasetId }] = (await client.datasets.add({ paths: [writeChats(home, 60)] })).items;
  const options = { steps, batchSize: 1, maxLength: 64, measure: false, checkpointSteps: 20 };
  const { id } = await client.jobs.start({
    plan: { modelId: 'llama', datasetId, steps: [{ name: 'finetune', options }] },
  });
  return id;
}

describe.runIf(process.platform === 'linux')('the engine under the shell', () => {
  it('tells what runs, keeps secrets through the shell, and pauses everything when it is asked to stop', async () => {
    const { child, client, said, exited } = await openShell(home);
    expect(await client.system.info({})).toMatchObject({ carrier: 'electron', dataFolder: home });
    expect(await client.settings.setHubToken({ token: 'x' })).toMatchObject({ kept: 'file' });
    const id = await startTraining(client, 5000);
    await untilStep(client, id, 5);
    const running = said.filter(({ kind }) => kind === 'running').at(-1);
    expect(running).toMatchObject({ jobs: [{ id, title: expect.stringContaining('Fine-tune') }] });
    const children = childrenOf(child.pid!);
    child.send({ kind: 'stop' });
    expect(await exited).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    const next = await openShell(home);
    expect((await next.client.jobs.get({ id })).state).toBe('paused');
    await next.client.jobs.cancel({ id });
    next.child.disconnect();
    await next.exited;
  });

  it('killed in the middle shows the job as interrupted, leaves no process, and the job goes on', async () => {
    const first = await openShell(home);
    const id = await startTraining(first.client, 1500);
    await untilStep(first.client, id, 60);
    const children = childrenOf(first.child.pid!);
    expect(childrenRunning(first.child.pid!, 'jobs/worker.js')).toHaveLength(1);
    first.child.kill('SIGKILL');
    await first.exited;

    const second = await openShell(home);
    const job = await second.client.jobs.get({ id });
    expect([job.state, job.resumable]).toEqual(['interrupted', true]);
    await second.client.jobs.resume({ id });
    await until(second.client, id, 'done');
    const [loss] = await second.client.jobs.metrics({ id, names: ['loss'], maxPoints: 20_000 });
    expect(loss.steps).toEqual(Array.from({ length: 1500 }, (_, i) => i + 1));
    await expect.poll(() => children.filter(isAlive), { timeout: 30_000 }).toEqual([]);
    expect((await second.client.models.list({})).items.map((model) => model.id)).toContain('llama-tuned');
    second.child.disconnect();
    expect(await second.exited).toBe(0);
  });

  it('ends with the shell, and so do its workers', async () => {
    const { child, client, exited } = await openShell(home);
    const id = await startTraining(client, 100_000);
    await untilStep(client, id, 5);
    const children = childrenOf(child.pid!);
    expect(children.length).toBeGreaterThan(0);
    child.disconnect();
    await exited;
    await expect.poll(() => children.filter(isAlive), { timeout: 30_000 }).toEqual([]);
  });
});
