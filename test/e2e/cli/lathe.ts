/** Runs the built command line as a user does: a process of its own, a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../../..');
const BIN = join(ROOT, 'bin/lathe.mjs');

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Lathe {
  readonly home: string;

  private constructor(home: string) {
    this.home = home;
  }

  static async start(): Promise<Lathe> {
    return new Lathe(await mkdtemp(join(tmpdir(), 'lathe-e2e-')));
  }

  path = (...parts: string[]): string => join(this.home, ...parts);

  spawn(...words: string[]): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
    const env = { ...process.env, LATHE_HOME: this.path('home') };
    const child = spawn(process.execPath, [BIN, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
    });
    return { child, finished };
  }

  run = (...words: string[]): Promise<Finished> => this.spawn(...words).finished;

  /** The document that a command prints with `--json`. @throws Error with its output where it fails */
  // biome-ignore lint/suspicious/noExplicitAny: a document whose fields the tests check themselves
  async json(...words: string[]): Promise<any> {
    const { status, stdout, stderr } = await this.run(...words, '--json');
    if (status !== 0) throw new Error(`lathe ${words.join(' ')}: ${stdout}${stderr}`);
    return JSON.parse(stdout);
  }

  /** The error that a command prints with `--json`. */
  async error(...words: string[]): Promise<{ code: string; message: string; hint: string }> {
    const { status, stdout, stderr } = await this.run(...words, '--json');
    if (status !== 1) throw new Error(`lathe ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return JSON.parse(stdout).error;
  }

  end = (): Promise<void> => rm(this.home, { recursive: true, force: true });
}
