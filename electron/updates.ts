/** Updates of the packaged application: off unless turned on, and only where the system checks their signature. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import { z } from 'zod';

const wishes = z.object({ automatic: z.literal(true), feed: z.url({ protocol: /^https$/ }) });
export type UpdateWishes = z.infer<typeof wishes>;

/** `updates.json` in the window's folder turns them on: `{ "automatic": true, "feed": "https://…" }`. */
export function readUpdateWishes(folder: string): UpdateWishes | undefined {
  try {
    return wishes.parse(JSON.parse(readFileSync(join(folder, 'updates.json'), 'utf8')));
  } catch {
    return undefined;
  }
}

/** macOS and Windows refuse an update that is not signed like this application; on Linux nothing would. */
const SIGNATURES_CHECKED: readonly string[] = ['darwin', 'win32'];

export function lookForUpdates(): void {
  if (!app.isPackaged || !SIGNATURES_CHECKED.includes(process.platform)) return;
  const wanted = readUpdateWishes(app.getPath('userData'));
  if (!wanted) return;
  void import('electron-updater').then(async ({ default: { autoUpdater } }) => {
    autoUpdater.setFeedURL({ provider: 'generic', url: wanted.feed });
    autoUpdater.allowDowngrade = false;
    await autoUpdater.checkForUpdatesAndNotify();
  });
}
