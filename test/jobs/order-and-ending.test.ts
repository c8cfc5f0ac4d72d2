/** Which jobs start, and what becomes of one whose worker has ended. */
import { describe, expect, it } from 'vitest';
import { changeAtEnd } from '../../app/jobs/ending.ts';
import { startable } from '../../app/jobs/order.ts';
import type { JobRecord } from '../../app/store/jobs.ts';

const job = (id: string, kind: 'recipe' | 'import') => ({ id, task: { kind } }) as JobRecord;
const names = (jobs: readonly JobRecord[]) => jobs.map(({ id }) => id);

describe('what starts', () => {
  it('is as many heavy jobs as are allowed, in order, and light ones beside them', () => {
    const queued = [job('a', 'recipe'), job('b', 'recipe'), job('c', 'import'), job('d', 'import'), job('e', 'import')];
    expect(names(startable(queued, [], 1))).toEqual(['a', 'c', 'd']);
    expect(names(startable(queued, [job('x', 'recipe'), job('y', 'import')], 2))).toEqual(['a', 'c']);
    expect(names(startable(queued, [job('x', 'recipe')], 1))).toEqual(['c', 'd']);
  });
});

describe('the end', () => {
  const failure = { code: 'job/crashed', message: 'gone', hint: '' } as const;
  const running = {
    ...job('a', 'recipe'),
    step: 1,
    steps: [
      { name: 'finetune', state: 'done' },
      { name: 'quantize', state: 'running' },
    ],
    workedSeconds: 5,
    runningSince: 1000,
  } as unknown as JobRecord;

  it('adds to the time worked, and keeps the highest peak', () => {
    const change = changeAtEnd({ ...running, peakMemory: 30 }, { kind: 'done', peakMemory: 20 }, 3000);
    expect(change).toMatchObject({ state: 'done', workedSeconds: 7, peakMemory: 30, finishedAt: 3000 });
  });

  it('is what was asked for, also where the process was killed for it', () => {
    const paused = { ...running, stopping: 'pause' } as const;
    expect(changeAtEnd(paused, { kind: 'stopped' })).toMatchObject({ state: 'paused', finishedAt: undefined });
    const cancelled = { ...running, stopping: 'cancel' } as const;
    expect(changeAtEnd(cancelled, { kind: 'crashed', failure })).toMatchObject({ state: 'cancelled' });
  });

  it('is a failure of the step that ran, where nobody asked or the job says so itself', () => {
    expect(changeAtEnd(running, { kind: 'crashed', failure })).toMatchObject({
      state: 'failed',
      failure,
      steps: [{ state: 'done' }, { state: 'failed' }],
    });
    const paused = { ...running, stopping: 'pause' } as const;
    expect(changeAtEnd(paused, { kind: 'failed', failure })).toMatchObject({ state: 'failed' });
    expect(changeAtEnd(running, { kind: 'stopped' }).failure).toMatchObject({ code: 'job/crashed' });
  });
});
