/** The engine's own log in the data folder: errors that are bugs whole, everything else as the setting says. */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { destination, type Logger, pino } from 'pino';

const LARGEST = 10 * 2 ** 20;

/** @param level `error`, `warn`, `info` or `debug`; the file before the last start is kept once it is large */
export function openLog(home: string, level: string): Logger {
  const folder = join(home, 'logs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'engine.log');
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST) renameSync(file, join(folder, 'engine.previous.log'));
  return pino({ level, base: { pid: process.pid } }, destination({ dest: file, sync: true }));
}
