/** Main's side of `window.lathe`: every call is checked for who sent it and what it brings. */
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { type BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain, nativeTheme, shell } from 'electron';
import { z } from 'zod';
import { type ChooseOptions, chooseOptions } from '../app/contract/shell.ts';
import { CHANNELS } from './bridge-channels.ts';
import type { EngineProcess } from './engine-process.ts';
import { openLink } from './external-links.ts';
import { isOurPage } from './guards.ts';
import type { OpenPaths } from './open-paths.ts';
import type { PagePorts } from './page-ports.ts';

export interface BridgeParts {
  readonly window: () => BrowserWindow;
  readonly engine: EngineProcess;
  readonly ports: PagePorts;
  readonly openPaths: OpenPaths;
}

/** Only the main frame of our own window, showing our own page. */
function isTrusted(event: IpcMainInvokeEvent, window: BrowserWindow): boolean {
  const frame = event.senderFrame;
  return (
    event.sender === window.webContents &&
    frame !== null &&
    frame.routingId === window.webContents.mainFrame.routingId &&
    isOurPage(frame.url)
  );
}

async function choose(window: BrowserWindow, { what, title, name, filters }: ChooseOptions): Promise<string[]> {
  if (what === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, { title, defaultPath: name, filters });
    return canceled || !filePath ? [] : [filePath];
  }
  const properties =
    what === 'folder' ? (['openDirectory', 'createDirectory'] as const) : (['openFile', 'multiSelections'] as const);
  const { canceled, filePaths } = await dialog.showOpenDialog(window, { title, filters, properties: [...properties] });
  return canceled ? [] : filePaths;
}

export function answerBridge({ window, engine, ports, openPaths }: BridgeParts): void {
  function handle<S extends z.ZodType>(channel: string, payload: S, work: (input: z.infer<S>) => unknown): void {
    ipcMain.handle(channel, (event, ...words: unknown[]) => {
      if (!isTrusted(event, window())) throw new Error(`${channel}: refused, not Lathe's own page`);
      const parsed = payload.safeParse(words[0]);
      if (!parsed.success || words.length > 1) throw new Error(`${channel}: refused, not what this call takes`);
      return work(parsed.data);
    });
  }
  const path = z.string().min(1).max(4096).refine(isAbsolute);

  handle(CHANNELS.connectEngine, z.undefined(), () => ports.connect(window().webContents));
  handle(CHANNELS.restartEngine, z.undefined(), () => engine.restart());
  handle(CHANNELS.watchEngine, z.undefined(), () => engine.state);
  handle(CHANNELS.choose, chooseOptions.strict(), (options) => choose(window(), options));
  handle(CHANNELS.showInFolder, path, async (file) => {
    await stat(file);
    shell.showItemInFolder(file);
  });
  handle(CHANNELS.openExternal, z.string().max(2048), openLink);
  handle(CHANNELS.setTheme, z.enum(['light', 'dark', 'system']), (theme) => {
    nativeTheme.themeSource = theme;
  });
  handle(CHANNELS.takeOpenPaths, z.undefined(), () =>
    openPaths.takenBy((paths) => window().webContents.send(CHANNELS.openPaths, paths)),
  );
}
