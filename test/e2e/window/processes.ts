/** Looks at the process table: who descends from whom, who is still there. Linux keeps it in /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function readProcess(pid: number): RunningProcess | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; after the last one come state and parent.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined;
    return { pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
  } catch {
    return undefined; // It ended while we looked.
  }
}

export const isAlive = (pid: number): boolean => readProcess(pid) !== undefined;

export function descendants(pid: number): RunningProcess[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((found) => found !== undefined);
  const below = (parent: number): RunningProcess[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

export const enginesBelow = (pid: number): RunningProcess[] =>
  descendants(pid).filter(({ command }) => /server\/engine\.js/.test(command));

/** Numbers of the sockets that a process holds open. */
export function socketsOf(pid: number): string[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // It ended while we looked.
  }
  return names.flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
    } catch {
      return []; // Closed while we looked.
    }
  });
}

const LISTENING = '0A';

/** Sockets on which anything in the process's network listens for TCP, or that are open for UDP. */
export function listeningSockets(pid: number): string[] {
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns.length > 9 && (table.startsWith('udp') || columns[3] === LISTENING))
      .map((columns) => columns[9]),
  );
}

/** Addresses beyond this machine that the process or its children are connected to, or try to be. */
export function peersElsewhere(pid: number): string[] {
  const processes = [pid, ...descendants(pid).map((one) => one.pid)];
  const own = new Set(processes.flatMap((one) => (isAlive(one) ? socketsOf(one) : [])));
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns.length > 9 && own.has(columns[9]) && !isHere(columns[2]))
      .map((columns) => `${table} ${columns[2]}`),
  );
}

/** Remote ends as the kernel writes them: nothing yet, 127.0.0.0/8, ::1, and the former within the latter. */
const isHere = (remote: string): boolean =>
  /^0+:/.test(remote) || /^(0{16}F{4}0000)?[0-9A-F]{6}7F:/.test(remote) || /^0{24}01000000:/.test(remote);
