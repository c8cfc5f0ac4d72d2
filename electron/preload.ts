/** Gives the sandboxed page `window.lathe`, the shell's few services; see app/contract/shell-bridge.ts. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { ENGINE_PORT_MESSAGE, type ShellBridge } from '../app/contract/shell-bridge.ts';
import { CHANNELS } from './bridge-channels.ts';

function subscribe<T>(channel: string, listener: (value: T) => void): () => void {
  const forward = (_event: unknown, value: T) => listener(value);
  ipcRenderer.on(channel, forward);
  return () => ipcRenderer.removeListener(channel, forward);
}

// A port cannot pass the bridge: it travels in a message of the window.
ipcRenderer.on(ENGINE_PORT_MESSAGE, (event) => window.postMessage(ENGINE_PORT_MESSAGE, location.origin, event.ports));

const bridge: ShellBridge = {
  platform: process.platform,
  versions: {
    lathe: __LATHE_VERSION__,
    electron: process.versions.electron ?? '',
    chrome: process.versions.chrome ?? '',
  },
  connectEngine: () => void ipcRenderer.invoke(CHANNELS.connectEngine),
  restartEngine: () => void ipcRenderer.invoke(CHANNELS.restartEngine),
  onEngineState: (listener) => {
    void ipcRenderer.invoke(CHANNELS.watchEngine).then(listener);
    return subscribe(CHANNELS.engineState, listener);
  },
  // Runtimes before Electron 32 put the path on the file itself.
  pathForFile: (file) => (webUtils ? webUtils.getPathForFile(file) : (file as File & { path?: string }).path) ?? '',
  choose: (options) => ipcRenderer.invoke(CHANNELS.choose, options),
  showInFolder: (path) => ipcRenderer.invoke(CHANNELS.showInFolder, path),
  openExternal: (url) => ipcRenderer.invoke(CHANNELS.openExternal, url),
  setTheme: (theme) => ipcRenderer.invoke(CHANNELS.setTheme, theme),
  onMenu: (listener) => subscribe(CHANNELS.menu, listener),
  onOpenPaths: (listener) => {
    const end = subscribe(CHANNELS.openPaths, listener);
    void ipcRenderer.invoke(CHANNELS.takeOpenPaths);
    return end;
  },
};
contextBridge.exposeInMainWorld('lathe', bridge);
