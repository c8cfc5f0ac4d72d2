/**
 * The most memory that this process held, bytes. Linux hands `maxRSS` down through fork and exec: a process that a training
 * worker starts would be charged with the worker's peak. The kernel's mark on the address space itself begins anew.
 */
import { readFileSync } from 'node:fs';

export function peakMemory(): number {
  const own = process.resourceUsage().maxRSS * 1024;
  if (process.platform !== 'linux') return own;
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return match ? Number(match[1]) * 1024 : own;
  } catch {
    return own;
  }
}
