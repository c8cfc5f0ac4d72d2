/** Threads are bound to the processors that the process has, whichever way ONNX Runtime is reached. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { encodeModel } from '../../app/onnx/encode.ts';
import { affinities, canPin, processors, threading } from '../../app/runtime/affinity.ts';
import { openDirect } from '../../app/runtime/direct/session.ts';
import { openJavaScript } from '../../app/runtime/javascript/session.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { Random } from '../../app/tensor/random.ts';
import { float32 } from '../../app/tensor/tensor.ts';

it('reads which processors a process has, and knows none where nothing can be bound', () => {
  const status = (list: string) => () => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems:\t1\n`;
  expect(processors('linux', status('0-3'))).toEqual([0, 1, 2, 3]);
  expect(processors('linux', status('2-3,8'))).toEqual([2, 3, 8]);
  expect(processors('linux', () => '')).toEqual([]);
  expect(processors('darwin', status('0-3'))).toEqual([]);
});

it('binds every thread but the first, counting from 1', () => {
  expect(affinities(4, [0, 1, 2, 3])).toBe('2;3;4');
  expect(affinities(2, [2, 3, 8])).toBe('4');
  expect(affinities(4, [5, 7])).toBe('8;6;8');
  expect([affinities(1, [0, 1]), affinities(4, [0]), affinities(4, [])]).toEqual([undefined, undefined, undefined]);
  expect(threading({ threads: 3 })).toEqual({ threads: 3 });
});

/** A busy machine starts threads late. */
const WAIT = { timeout: 4000 };

/** Processors of each thread of this process. */
const bindings = (): Map<string, string> =>
  new Map(
    readdirSync('/proc/self/task').flatMap((id) => {
      const file = `/proc/self/task/${id}/status`;
      // A thread may have ended since the folder was read.
      const status = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
      return list === undefined ? [] : [[id, list] as const];
    }),
  );

function productModel(): Uint8Array {
  const g = new GraphBuilder();
  g.output(g.matmul(g.input('x', 'float32', [96, 64]), g.input('w', 'float32', [64, 96])), 'y');
  return encodeModel(g.build());
}

describe.runIf(process.platform === 'linux' && canPin())('a session', () => {
  it.each([
    ['direct', openDirect],
    ['javascript', openJavaScript],
  ] as const)('has its thread on one processor and answers the same (%s)', async (_, open) => {
    const random = new Random(1);
    const draw = (shape: number[]) =>
      float32(
        shape,
        Array.from({ length: 64 * 96 }, () => random.fraction() - 0.5),
      );
    const feeds = { x: draw([96, 64]), w: draw([64, 96]) };
    const free = await open(productModel(), { threads: 2 });
    const before = bindings();
    const pinned = await open(productModel(), { threads: 2, pinned: true });
    // A thread binds itself as it begins.
    await vi.waitFor(() => {
      const added = [...bindings()].filter(([id]) => !before.has(id)).map(([, list]) => list);
      expect(added).toContain(String(processors()[1]));
    }, WAIT);
    const [a, b] = [await free.run(feeds), await pinned.run(feeds)];
    expect(b.y.data).toEqual(a.y.data);
    free.dispose();
    pinned.dispose();
  });
});
