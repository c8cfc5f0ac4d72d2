/** Reads the trace that ONNX Runtime writes when profiling and adds it up by node. */
import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import type { Device, OperatorTime } from './session.ts';

const event = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z.object({ op_name: z.string().optional(), provider: z.string().optional() }).optional(),
});

const DEVICES: Readonly<Record<string, Device>> = {
  CPUExecutionProvider: 'cpu',
  WebGpuExecutionProvider: 'webgpu',
  DmlExecutionProvider: 'dml',
  CoreMLExecutionProvider: 'coreml',
  CUDAExecutionProvider: 'cuda',
};

/** Reads the trace, removes the file and returns the times of the nodes, longest first. */
export function readProfile(file: string): OperatorTime[] {
  const events: unknown[] = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file, { force: true });
  const times = new Map<string, { operator: string; microseconds: number; calls: number; device?: Device }>();
  for (const value of events) {
    const parsed = event.safeParse(value).data;
    if (parsed?.cat !== 'Node' || !parsed.name.endsWith('_kernel_time')) continue;
    const node = parsed.name.slice(0, -'_kernel_time'.length);
    const { op_name = '', provider = '' } = parsed.args ?? {};
    const entry = times.get(node) ?? { operator: op_name, device: DEVICES[provider], microseconds: 0, calls: 0 };
    times.set(node, { ...entry, microseconds: entry.microseconds + parsed.dur, calls: entry.calls + 1 });
  }
  return [...times]
    .map(([node, { microseconds, ...rest }]) => ({ node, ...rest, milliseconds: microseconds / 1000 }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
