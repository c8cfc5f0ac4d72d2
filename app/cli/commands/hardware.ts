/** `lathe hardware`: what this machine can do. */
import { z } from 'zod';
import { defineCommand } from '../command.ts';

const giga = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export const hardware = defineCommand({
  name: 'hardware',
  summary: 'Say what this machine can do: processor, memory, graphics, devices',
  example: 'lathe hardware --json',
  arguments: [],
  options: z.object({}),
  async run(_, __, { home }) {
    const { detectHardware } = await import('../../profile/hardware.ts');
    const { mkdir } = await import('node:fs/promises');
    await mkdir(home, { recursive: true });
    return detectHardware(home);
  },
  print({ cpu, memory, gpus, devices, runtime, disk }) {
    const fallback = runtime.reason ? ` (fallback: ${runtime.reason})` : '';
    return [
      `processor  ${cpu.model}, ${cpu.cores} cores, ${cpu.threads} threads`,
      `           ${cpu.features.join(' ') || 'no special instructions'}`,
      `memory     ${giga(memory.totalBytes)}, ${giga(memory.freeBytes)} free`,
      `graphics   ${gpus.map(({ vendor, model }) => `${vendor} ${model}`.trim()).join('; ') || 'none'}`,
      `devices    ${devices.join(', ')}`,
      `runtime    ONNX Runtime ${runtime.version}, ${runtime.implementation}${fallback}`,
      `disk       ${giga(disk.freeBytes)} free`,
    ].join('\n');
  },
});
