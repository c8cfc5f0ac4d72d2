/** Remembers where the window was, and puts it back where that is still on a screen. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type BrowserWindow, type Rectangle, screen } from 'electron';
import { z } from 'zod';

const place = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400),
  height: z.number().int().min(300),
  maximized: z.boolean(),
});
export type Place = z.infer<typeof place>;

const overlaps = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width - 100 && b.x < a.x + a.width - 100 && a.y >= b.y && a.y < b.y + b.height - 50;

export function readPlace(file: string): Place | undefined {
  let found: Place;
  try {
    found = place.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // The first start, or a file of another version: the usual place.
  }
  return screen.getAllDisplays().some((display) => overlaps(found, display.workArea)) ? found : undefined;
}

export function keepPlace(file: string, window: BrowserWindow): void {
  const found: Place = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeFileSync(`${file}.tmp`, JSON.stringify(found));
    renameSync(`${file}.tmp`, file);
  } catch (error) {
    process.stderr.write(`The window's place could not be kept: ${error}\n`);
  }
}
