/** The window: sandboxed, isolated, shown once its page is drawn. */
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme } from 'electron';
import { PAGE_URL } from './page-protocol.ts';
import type { Paths } from './paths.ts';
import { keepPlace, readPlace } from './window-place.ts';

/** The page's own canvas colours, so that nothing flashes before it is drawn. */
const canvas = (): string => (nativeTheme.shouldUseDarkColors ? '#131312' : '#fafaf9');

export function openWindow(paths: Paths): BrowserWindow {
  const placeFile = join(app.getPath('userData'), 'place.json');
  const { maximized = false, ...place } = readPlace(placeFile) ?? { width: 1280, height: 800 };
  const window = new BrowserWindow({
    ...place,
    minWidth: 880,
    minHeight: 560,
    show: false,
    title: 'Lathe',
    icon: paths.icon,
    backgroundColor: canvas(),
    autoHideMenuBar: true,
    webPreferences: {
      preload: paths.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !app.isPackaged,
    },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => keepPlace(placeFile, window));
  void window.loadURL(PAGE_URL);
  return window;
}
