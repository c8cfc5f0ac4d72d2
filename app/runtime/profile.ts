/** Reads the trace that ONNX Runtime writes when profiling and adds it up by node. */
import { readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import type { OperatorTime } from './session.ts';

const event = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z.object({ op_name: z.string().optional() }).optional(),
});

/** Reads the trace, removes the file and returns the times of the nodes, longest first. */
export function readProfile(file: string): OperatorTime[] {
  const events: unknown[] = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file, { force: true });
  const times = new Map<string, { operator: string; microseconds: number; calls: number }>();
  for (const value of events) {
    const parsed = event.safeParse(value).data;
    if (parsed?.cat !== 'Node' || !parsed.name.endsWith('_kernel_time')) continue;
    const node = parsed.name.slice(0, -'_kernel_time'.length);
    const entry = times.get(node) ?? { operator: parsed.args?.op_name ?? '', microseconds: 0, calls: 0 };
    times.set(node, { ...entry, microseconds: entry.microseconds + parsed.dur, calls: entry.calls + 1 });
  }
  return [...times]
    .map(([node, t]) => ({ node, operator: t.operator, milliseconds: t.microseconds / 1000, calls: t.calls }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
