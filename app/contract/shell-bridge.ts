/** What the page gets from the shell as `window.lathe`: kept apart from the schemas, so that the preload stays small. */
import type { ChooseOptions, EngineState } from './shell.ts';

/** What a menu entry of the shell asks the page to do. */
export type MenuCommand = 'open' | 'settings' | 'palette' | 'about' | 'shortcuts';

/** The name under which the preload gives the page its port to the engine, as `window` message with `ports[0]`. */
export const ENGINE_PORT_MESSAGE = 'lathe:engine-port';

/**
 * `window.lathe` in Electron; absent in a browser. Everything here is checked again in the shell.
 * Connecting: listen for a `window` message whose `data` is ENGINE_PORT_MESSAGE (and `source` is `window`), then call
 * `connectEngine()`. After a crash `onEngineState` says `ready` again: call `connectEngine()` anew, the old port is dead.
 */
export interface ShellBridge {
  readonly platform: string;
  readonly versions: Readonly<Record<'lathe' | 'electron' | 'chrome', string>>;
  /** Asks for a fresh port to the engine; it comes once the engine is ready. */
  connectEngine(): void;
  /** Starts the engine again after it was given up (`failed`). */
  restartEngine(): void;
  /** Tells the state at once and at every change; returns a function that ends the subscription. */
  onEngineState(listener: (state: EngineState) => void): () => void;
  /** Absolute path of a dropped or picked file; '' where the file has none. */
  pathForFile(file: File): string;
  /** A native dialog; an empty list when it was cancelled. */
  choose(options: ChooseOptions): Promise<string[]>;
  /** Shows the file in the system's file manager. */
  showInFolder(path: string): Promise<void>;
  /** Opens an https link of a known host in the system's browser; false when the link is refused. */
  openExternal(url: string): Promise<boolean>;
  /** Colours the window's own parts like the page. */
  setTheme(theme: 'light' | 'dark' | 'system'): Promise<void>;
  onMenu(listener: (command: MenuCommand) => void): () => void;
  /** Files the system asks to open (double click, second start): paths to be inspected like dropped ones. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
}
