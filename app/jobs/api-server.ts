/** One `lathe api` of the window, in a process of its own: it holds a model, and may run out of memory by itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { type ApiLoad, type ApiStatus, apiLoad } from '../contract/api-server.ts';
import { type ErrorCode, HINTS, UserError } from '../contract/errors.ts';
import { builtFile } from './built-file.ts';

export interface ApiServerRequest {
  readonly modelId: string;
  readonly path: string;
  readonly port: number;
  readonly key?: string;
  readonly concurrency: number;
  readonly speculate?: boolean;
  readonly threads?: number;
  readonly device?: string;
  readonly home: string;
}

/** Time to answer a last request before it is ended. */
const GRACE_MS = 5000;
const HEALTH_MS = 1500;

export class ApiServer {
  #child: ChildProcess | undefined;
  #status: ApiStatus = { state: 'off' };

  /** @throws UserError job/not-now where one runs, and what `lathe api` gives */
  async start(request: ApiServerRequest): Promise<ApiStatus> {
    if (this.#child) throw new UserError('job/not-now', 'the server runs already');
    const { modelId, path, port, key, concurrency, speculate, threads, device, home } = request;
    const words = ['api', path, '--port', String(port), '--concurrency', String(concurrency), '--name', modelId];
    const child = fork(
      builtFile('cli/main'),
      [
        ...words,
        '--json',
        '--quiet',
        ...(speculate ? ['--speculate'] : []),
        ...(device ? ['--device', device] : []),
        ...(threads ? ['--threads', String(threads)] : []),
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: { ...process.env, LATHE_HOME: home, LATHE_API_KEY: key ?? '' },
      },
    );
    this.#child = child;
    this.#status = { state: 'starting', modelId };
    let said = '';
    try {
      const url = await new Promise<string>((resolve, reject) => {
        child.on('error', reject);
        child.stdout?.on('data', (piece: Buffer) => {
          said += piece.toString('utf8');
          const [line] = said.split('\n');
          if (said.includes('\n') && line.startsWith('{"url"')) resolve((JSON.parse(line) as { url: string }).url);
        });
        // Only now is everything read that it said.
        child.on('close', (code, signal) => {
          const error = failureOf(said, signal ? `was ended by ${signal}` : `ended with status ${code}`);
          reject(error);
          this.#ended(child, error);
        });
      });
      this.#status = { state: 'on', modelId, url, needsKey: Boolean(key), concurrency };
      return this.#status;
    } catch (error) {
      this.#ended(child, undefined);
      throw error;
    }
  }

  #ended(child: ChildProcess, error: UserError | undefined): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const failure = error && { code: error.code, message: error.message, hint: error.hint };
    this.#status = { state: 'off', failure };
  }

  async status(): Promise<ApiStatus> {
    if (this.#status.state !== 'on') return this.#status;
    return { ...this.#status, load: await loadOf(this.#status.url) };
  }

  async stop(): Promise<ApiStatus> {
    const child = this.#child;
    if (!child) return this.#status;
    this.#child = undefined;
    this.#status = { state: 'off' };
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(timer);
    return this.#status;
  }
}

async function loadOf(url: string): Promise<ApiLoad | undefined> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_MS) });
    return apiLoad.parse(await response.json());
  } catch {
    // Too busy to say, or just ending: the next question tells.
    return undefined;
  }
}

/** What the command said of its end, in the form of `--json`. */
function failureOf(said: string, otherwise: string): UserError {
  const last = said.trim().split('\n').at(-1) ?? '';
  try {
    const { error } = JSON.parse(last) as { error?: { code: string; message: string } };
    if (error && error.code in HINTS) return new UserError(error.code as ErrorCode, error.message);
  } catch {
    // It said nothing of the kind: the status is all there is.
  }
  return new UserError('runtime/failed', `the server ${otherwise}`);
}
