/** What this machine can do: processor, memory, graphics, and the devices that ONNX Runtime really runs on. */
import { fork } from 'node:child_process';
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import systeminformation from 'systeminformation';
import { type RuntimeInfo, runtimeInfo } from '../runtime/open.ts';
import { DEVICES, type Device } from '../runtime/session.ts';

export interface Hardware {
  readonly cpu: {
    readonly model: string;
    readonly cores: number;
    readonly threads: number;
    readonly features: readonly string[];
  };
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  readonly gpus: readonly { readonly vendor: string; readonly model: string; readonly memoryBytes?: number }[];
  /** Devices that a small model was really run on. */
  readonly devices: readonly Device[];
  readonly runtime: RuntimeInfo;
  readonly disk: { readonly freeBytes: number };
}

/** Instruction sets that make matrix products fast, by the names Linux and macOS give them. */
const FEATURES =
  /^(sse4_2|avx|avx2|fma|f16c|avx512\w+|avx_vnni|amx_\w+|neon|asimd|asimddp|asimdhp|i8mm|bf16|sve2?|sme2?)$/;

/** The shortest of waits: a question about graphics must not hold up everything else. */
const PATIENCE_MS = 4000;

function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  const late = new Promise<T>((resolve) => setTimeout(resolve, PATIENCE_MS, otherwise).unref());
  return Promise.race([work.catch(() => otherwise), late]);
}

async function features(): Promise<string[]> {
  if (process.platform === 'linux') {
    const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
    return flags.split(' ').filter((flag) => FEATURES.test(flag));
  }
  const flags = await within(systeminformation.cpuFlags(), '');
  return flags
    .toLowerCase()
    .split(/\s+/)
    .filter((flag) => FEATURES.test(flag));
}

/** Bytes that programs can have. Linux counts as free only what nobody uses for caches: there it is more. */
export async function freeMemory(): Promise<number> {
  const text = process.platform === 'linux' ? await readFile('/proc/meminfo', 'utf8').catch(() => '') : '';
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return available === undefined ? freemem() : Number(available) * 1024;
}

/**
 * A driver may take its process down with it, so every device is tried in one of its own.
 * @returns what is wrong, null if nothing is
 */
function tryDevice(device: Device): Promise<string | null> {
  const worker = fileURLToPath(
    new URL('./device-probe.js', import.meta.url.replace('/app/profile/', '/dist/profile/')),
  );
  return new Promise((resolve) => {
    const child = fork(worker, [device], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('message', (wrong: string | null) => resolve(wrong));
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(`its driver ended with ${signal ?? `status ${code}`}`);
    });
  });
}

export interface TriedDevice {
  readonly device: Device;
  /** Why it does not work here; absent: it does. */
  readonly reason?: string;
}

/** What ONNX Runtime's package has for this platform, each of which was tried. */
export const tryDevices = (): Promise<TriedDevice[]> =>
  Promise.all(
    offeredDevices().map(async (device) => {
      const reason = await tryDevice(device);
      return reason === null ? { device } : { device, reason };
    }),
  );

/** What ONNX Runtime's package for this platform was built with. */
function offeredDevices(): Device[] {
  const extra: Partial<Record<NodeJS.Platform, readonly Device[]>> = {
    linux: ['webgpu', 'cuda'],
    win32: ['webgpu', 'dml'],
    darwin: ['webgpu', 'coreml'],
  };
  return DEVICES.filter((device) => device === 'cpu' || extra[process.platform]?.includes(device));
}

export async function detectHardware(folder: string): Promise<Hardware> {
  const [graphics, flags, free, runtime, disk, tried] = await Promise.all([
    within(systeminformation.graphics(), undefined),
    features(),
    freeMemory(),
    runtimeInfo(),
    statfs(folder).catch(() => undefined),
    tryDevices(),
  ]);
  const physical = await within(systeminformation.cpu(), undefined);
  const threads = availableParallelism();
  return {
    cpu: {
      model: cpus()[0]?.model.trim() ?? 'unknown',
      cores: Math.min(physical?.physicalCores || threads, threads),
      threads,
      features: flags,
    },
    memory: { totalBytes: totalmem(), freeBytes: free },
    gpus: (graphics?.controllers ?? []).map(({ vendor, model, vram }) => ({
      vendor,
      model,
      ...(vram ? { memoryBytes: vram * 2 ** 20 } : {}),
    })),
    devices: tried.filter(({ reason }) => reason === undefined).map(({ device }) => device),
    runtime,
    disk: { freeBytes: disk ? disk.bavail * disk.bsize : 0 },
  };
}
