/** Runs one measured process: its last line of output is JSON; processor time and peak memory are the system's own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS = 100;
const INTERVAL_MS = 50;

/**
 * The process and its descendants from /proc: seconds of processor time and the largest resident memory each had. Sampled while
 * it runs, both only ever grow, so the last sample is short by one interval at most. Undefined where there is no /proc.
 */
function sample(pid, seen) {
  let stat;
  let status;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  const before = seen.get(pid)?.peak ?? 0;
  // A process that has ended but is not yet waited for has no memory any more.
  seen.set(pid, { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS, peak: Math.max(before, peak) });
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    for (const child of children.split(' ').filter(Boolean)) sample(Number(child), seen);
  } catch {
    // Kernels without that list: the children are not counted.
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, limitSeconds?: number }} [options]
 * @returns {Promise<{ json: any, wallSeconds: number, cpuSeconds?: number, peakMemoryBytes?: number }>} peak memory: of the
 * largest single process, the descendants included
 * @throws Error with the end of what the process said, where it failed
 */
export function measured(command, args, { env = {}, cwd, limitSeconds = 900 } = {}) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const seen = new Map();
    const look = setInterval(() => sample(child.pid, seen), INTERVAL_MS);
    const limit = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
    let out = '';
    let said = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (said = (said + text).slice(-4000)));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearInterval(look);
      clearTimeout(limit);
      const wallSeconds = (performance.now() - begin) / 1000;
      const line = out.trim().split('\n').at(-1) ?? '';
      if (status !== 0) {
        const how = signal ? `was ended by ${signal}` : `ended with status ${status}`;
        reject(new Error(`${command} ${args.join(' ')} ${how}\n${said.slice(-1500)}${line.slice(0, 500)}`));
        return;
      }
      const samples = [...seen.values()];
      resolve({
        json: JSON.parse(line),
        wallSeconds,
        ...(samples.length > 0 && {
          cpuSeconds: samples.reduce((sum, s) => sum + s.cpuSeconds, 0),
          peakMemoryBytes: Math.max(...samples.map((s) => s.peak)),
        }),
      });
    });
  });
}
