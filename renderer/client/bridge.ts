/** What the shell gives the page in Electron; absent in a browser. */
import type { ShellBridge } from '../../app/contract/shell.ts';

declare global {
  interface Window {
    readonly lathe?: ShellBridge;
  }
}

export const bridge: ShellBridge | undefined = window.lathe;
