/** Starts Xvfb for the whole run where windows need a display, and ends it afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';

/** Xvfb picks a free display and writes its number to descriptor 3. */
async function startDisplay(): Promise<{ server: ChildProcess; display: string }> {
  const screen = ['-screen', '0', '2000x1300x24', '-nolisten', 'tcp', '-displayfd', '3'];
  const server = spawn('Xvfb', screen, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise<string>((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`Xvfb ended with status ${status}`)));
    server.stdio[3]?.once('data', (data) => resolve(String(data).trim()));
  });
  server.removeAllListeners('exit');
  return { server, display: `:${number}` };
}

export default async function virtualDisplay(): Promise<(() => void) | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { server, display } = await startDisplay();
  process.env.DISPLAY = display;
  delete process.env.WAYLAND_DISPLAY;
  return () => {
    server.kill();
  };
}
