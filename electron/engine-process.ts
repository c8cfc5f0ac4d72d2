/** The engine as a child process: started, watched, started again after a crash, never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type EngineState, type EngineToShell, engineToShell, type ShellToEngine } from '../app/contract/shell.ts';

/** So many crashes within a minute, and it is given up until the page asks for another start. */
const GIVE_UP_AFTER = 4;
const MINUTE = 60_000;
/** How long a stopping engine may write its checkpoints before it is killed. */
const STOP_LIMIT = 120_000;
const KEPT_OUTPUT = 8_192;

export type RunningJobs = Extract<EngineToShell, { kind: 'running' }>['jobs'];

export interface EngineListener {
  state(state: EngineState): void;
  message(message: Extract<EngineToShell, { kind: 'data' | 'close' | 'secret' }>): void;
  running(jobs: RunningJobs): void;
}

export class EngineProcess {
  private child: ChildProcess | undefined;
  private current: EngineState = { state: 'starting', restarts: 0 };
  private crashes: number[] = [];
  private output = '';
  private stopping = false;
  private retry: NodeJS.Timeout | undefined;
  jobs: RunningJobs = [];

  constructor(
    private readonly node: string,
    private readonly script: string,
    private readonly listener: EngineListener,
  ) {}

  get state(): EngineState {
    return this.current;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    if (this.child || this.stopping) return;
    const { ELECTRON_RUN_AS_NODE: _run, NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(this.node, [this.script], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
      env,
    });
    this.child = child;
    this.output = '';
    const keep = (chunk: Buffer) => {
      process.stderr.write(chunk);
      this.output = (this.output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('message', (message) => this.receive(message));
    child.once('error', (error) => this.ended(child, error.message));
    child.once('exit', (code, signal) =>
      this.ended(child, signal ? `it was ended by ${signal}` : `it ended with status ${code}`),
    );
  }

  /** Starts again after it was given up. */
  restart(): void {
    if (this.current.state !== 'failed') return;
    this.crashes = [];
    this.become({ state: 'starting', restarts: this.current.restarts });
    this.start();
  }

  send(message: ShellToEngine): void {
    if (this.child?.connected) this.child.send(message, () => undefined);
  }

  /** Asks the engine to pause its jobs and end; kills it where it does not. Resolves once the process is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    const child = this.child;
    if (!child) return;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      child.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      this.send({ kind: 'stop' });
    });
  }

  private receive(raw: unknown): void {
    const parsed = engineToShell.safeParse(raw);
    if (!parsed.success) {
      process.stderr.write(`The engine sent what the shell does not know: ${parsed.error.message}\n`);
      return;
    }
    const message = parsed.data;
    if (message.kind === 'ready') this.become({ state: 'ready', restarts: this.current.restarts });
    else if (message.kind === 'running') this.tellRunning(message.jobs);
    else this.listener.message(message);
  }

  private tellRunning(jobs: RunningJobs): void {
    this.jobs = jobs;
    this.listener.running(jobs);
  }

  private become(state: EngineState): void {
    this.current = state;
    this.listener.state(state);
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    this.tellRunning([]);
    if (this.stopping) return;
    const now = Date.now();
    this.crashes = [...this.crashes.filter((time) => now - time < MINUTE), now];
    const lines = this.output.trim().split('\n').slice(-6).join('\n');
    const reason = lines === '' ? how : `${how}\n${lines}`;
    const restarts = this.current.restarts + 1;
    if (this.crashes.length >= GIVE_UP_AFTER) {
      this.become({ state: 'failed', restarts, reason });
      return;
    }
    this.become({ state: 'crashed', restarts, reason });
    this.retry = setTimeout(() => this.start(), 250 * 2 ** (this.crashes.length - 1));
  }
}
