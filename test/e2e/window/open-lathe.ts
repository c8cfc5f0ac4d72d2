/** Opens the built application on a data folder of its own, in Electron or in Chromium. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { _electron, chromium, type ElectronApplication, type Page } from '@playwright/test';
import { installedElectron, testElectron } from '../../../scripts/electron-runtime.mjs';
import { findChromium } from '../../../scripts/test-machine.mjs';

export const ROOT = resolve(import.meta.dirname, '../../..');

export interface OpenLathe {
  readonly page: Page;
  /** Of the process that was started: Electron's main process, or `lathe serve`. */
  readonly pid: number;
  /** Electron only. */
  readonly application?: ElectronApplication;
  resize(width: number, height: number): Promise<void>;
  /** Ends it as a user would; with a job running, by stopping that. */
  close(): Promise<void>;
}

export type Variables = Readonly<Record<string, string>>;

/** @param more laid over what tests get: by default no hub is asked */
export function environment(home: string, more: Variables = {}): Record<string, string> {
  const { ELECTRON_RUN_AS_NODE: _run, NODE_OPTIONS: _options, ...rest } = process.env as Record<string, string>;
  return { ...rest, LATHE_HOME: home, LATHE_NODE: process.execPath, HF_HUB_OFFLINE: '1', ...more };
}

export function electronBinary(): string {
  const binary = installedElectron() ?? testElectron();
  if (!binary) throw new Error('no Electron: run node scripts/test-machine.mjs');
  return binary;
}

const LAUNCH_TIMEOUT = 30_000;
const LAUNCH_ATTEMPTS = 3;

/**
 * The debugger's handshake with an Electron that has just been unpacked can get lost on a busy machine; then it is ended
 * and started again, which the log says.
 */
async function launchElectron(home: string, more: Variables) {
  const options = { executablePath: electronBinary(), args: [ROOT], cwd: home, env: environment(home, more) };
  for (let attempt = 1; ; attempt++) {
    let application: ElectronApplication | undefined;
    try {
      application = await _electron.launch({ ...options, timeout: LAUNCH_TIMEOUT });
      return { application, page: await application.firstWindow({ timeout: LAUNCH_TIMEOUT }) };
    } catch (error) {
      application?.process().kill('SIGKILL');
      if (attempt === LAUNCH_ATTEMPTS) throw error;
      console.warn(`Electron did not open its window, again: ${(error as Error).message.split('\n')[0]}`);
    }
  }
}

export async function openInElectron(home: string, more: Variables = {}): Promise<OpenLathe> {
  const { application, page } = await launchElectron(home, more);
  const main = application.process();
  return {
    page,
    pid: main.pid ?? 0,
    application,
    resize: (width, height) =>
      application.evaluate(
        ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0].setContentSize(size.width, size.height),
        { width, height },
      ),
    close: async () => {
      if (main.exitCode !== null || main.signalCode !== null) return;
      try {
        // Nobody is there to answer the system's own dialog.
        await application.evaluate(({ dialog }) => {
          dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
        });
        await application.close();
      } catch (error) {
        // It was ending by itself, as it does after a signal.
        if (!/has been closed/.test((error as Error).message)) throw error;
      }
    },
  };
}

async function serve(home: string, more: Variables): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(process.execPath, [join(ROOT, 'bin/lathe.mjs'), 'serve', '--json', '--port', '0'], {
    cwd: home,
    env: environment(home, more),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    server.once('exit', (status) => reject(new Error(`lathe serve ended with status ${status}`)));
    if (server.stdout) createInterface({ input: server.stdout }).once('line', resolve);
  });
  return { server, url: JSON.parse(line).url };
}

export async function openInChromium(home: string, more: Variables = {}): Promise<OpenLathe> {
  const { server, url } = await serve(home, more);
  const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  return {
    page,
    pid: server.pid ?? 0,
    resize: (width, height) => page.setViewportSize({ width, height }),
    close: async () => {
      await browser.close();
      if (server.exitCode !== null) return;
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
    },
  };
}
