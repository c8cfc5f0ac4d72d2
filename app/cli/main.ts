/** The `lathe` command: reads the words, runs one command, prints its result or its error. */
import { CommanderError, Command as Program } from 'commander';
import { UserError } from '../contract/errors.ts';
import type { Command, CommandContext } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { dataFolder } from './data-folder.ts';
import { flagsOf, readFlags } from './flags.ts';
import { makeProgress } from './progress.ts';

interface CommonFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly threads?: string;
}

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  process.stderr.write('\nStopping (once more to kill)…\n');
  stop.abort(new Error('stopped'));
});
process.on('SIGTERM', () => stop.abort(new Error('stopped')));

function makeContext(flags: CommonFlags): CommandContext {
  const threads = flags.threads === undefined ? undefined : Number(flags.threads);
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new UserError('arguments/invalid', `--threads: ${flags.threads} is no number of threads`);
  }
  return {
    signal: stop.signal,
    threads,
    home: dataFolder(),
    progress: (label, total, unit = 'steps') => makeProgress(label, total, unit, flags.quiet === true),
    say: (text) => {
      if (!flags.quiet) process.stderr.write(`${text}\n`);
    },
    warn: (text) => {
      process.stderr.write(`Warning: ${text}\n`);
    },
  };
}

const write = (text: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));

async function execute(command: Command, args: readonly string[], flags: Record<string, unknown>): Promise<void> {
  const common = flags as CommonFlags;
  const context = makeContext(common);
  const result = await command.run(args, readFlags(command.options, flags), context);
  await write(common.json ? JSON.stringify(result) : command.print(result as never));
}

async function fail(error: unknown, json: boolean): Promise<number> {
  if (stop.signal.aborted) return 130;
  const known = error instanceof UserError;
  const code = known ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const more = code.startsWith('arguments/') ? ' --help tells what there is.' : '';
  const hint = known
    ? `${error.hint}${more}`
    : 'This is a bug in Lathe: please report it with the lines on standard error.';
  if (json) await write(JSON.stringify({ error: { code, message, hint } }));
  else process.stderr.write(`lathe: ${message}\n${hint} [${code}]\n`);
  if (!known) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return 1;
}

function addCommand(program: Program, groups: Map<string, Program>, command: Command): void {
  const words = command.name.split(' ');
  const name = words.pop()!;
  let parent = program;
  const [group] = words;
  if (group !== undefined) {
    parent = groups.get(group) ?? program.command(group).description(`see lathe ${group} --help`);
    groups.set(group, parent);
  }
  const entry = parent.command(name).summary(command.summary).description(command.summary);
  for (const { name: argument, help, optional } of command.arguments) {
    entry.argument(optional ? `[${argument}]` : `<${argument}>`, help);
  }
  for (const flag of flagsOf(command.options)) entry.addOption(flag);
  entry.option('--json', 'print one JSON document on standard output');
  entry.option('--quiet', 'no progress');
  entry.option('--threads <n>', 'threads to compute with');
  entry.addHelpText('after', `\nExample:\n  ${command.example}`);
  entry.action(async (...given: unknown[]) => {
    const args = given.slice(0, command.arguments.length).filter((a) => a !== undefined) as string[];
    await execute(command, args, entry.opts());
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  const program = new Program('lathe').description('Fine-tune, shrink, measure and export language models here.');
  // Inherited by the commands added below.
  program.exitOverride().configureOutput({
    writeErr: (text) => void (json ? undefined : process.stderr.write(text)),
  });
  const groups = new Map<string, Program>();
  for (const command of COMMANDS) addCommand(program, groups, command);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(error, json);
    if (error.exitCode === 0) return 0;
    if (!json) return 1;
    return fail(new UserError('arguments/invalid', error.message.replace(/^error: /, '')), json);
  }
}

process.exitCode = await main(process.argv.slice(2));
// Runtime threads would keep a finished process alive.
process.exit();
