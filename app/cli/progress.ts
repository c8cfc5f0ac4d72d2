/** Progress on standard error: a bar with rate and time left on a terminal, a line now and then elsewhere. */
import { SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number, note?: string): void;
  end(): void;
}

const SILENT: Progress = { update: () => undefined, end: () => undefined };

export function makeProgress(label: string, total: number, unit: string, quiet: boolean): Progress {
  if (quiet) return SILENT;
  return process.stderr.isTTY ? terminalBar(label, total, unit) : plainLines(label, total, unit);
}

function terminalBar(label: string, total: number, unit: string): Progress {
  const format = `${label} {bar} {value}/{total} ${unit}  {rate}/s  {eta_formatted} left  {note}`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, barsize: 24 });
  const begin = performance.now();
  bar.start(total, 0, { rate: '-', note: '' });
  return {
    update(done, note = '') {
      const rate = done / ((performance.now() - begin) / 1000);
      bar.update(done, { rate: rate.toPrecision(3), note });
    },
    end: () => bar.stop(),
  };
}

const SECONDS_BETWEEN_LINES = 10;

function plainLines(label: string, total: number, unit: string): Progress {
  const begin = performance.now();
  let last = begin;
  return {
    update(done, note = '') {
      const now = performance.now();
      if (now - last < SECONDS_BETWEEN_LINES * 1000 && done < total) return;
      last = now;
      const seconds = (now - begin) / 1000;
      const left = done > 0 ? Math.round((seconds / done) * (total - done)) : undefined;
      const rest = left === undefined ? '' : `, ${left} s left`;
      process.stderr.write(`${label} ${done}/${total} ${unit}${rest}${note ? `  ${note}` : ''}\n`);
    },
    end: () => undefined,
  };
}

/** A bar for each kind of work, begun with its first report and ended with its last. @param words label and unit of each kind */
export function progressByKind<Kind extends string>(
  begin: (label: string, total: number, unit: string) => Progress,
  words: Readonly<Record<Kind, readonly [label: string, unit: string]>>,
): (kind: Kind, done: number, total: number) => void {
  const bars = new Map<Kind, Progress>();
  return (kind, done, total) => {
    const [label, unit] = words[kind];
    const bar = bars.get(kind) ?? begin(label, total, unit);
    bars.set(kind, bar);
    bar.update(done);
    if (done < total) return;
    bar.end();
    bars.delete(kind);
  };
}
