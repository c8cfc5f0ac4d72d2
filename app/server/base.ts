/** What every handler is built on: the contract, the engine, and errors turned into what the contract promises. */
import { implement, ORPCError } from '@orpc/server';
import { UserError } from '../contract/errors.ts';
import { contract } from '../contract/index.ts';
import type { Engine } from './composition.ts';

export interface Context {
  readonly engine: Engine;
  readonly carrier: 'electron' | 'web';
}

/** The contract's two errors; a payload that does not fit the contract stays what it is. */
export function contractError(error: unknown): unknown {
  if (error instanceof ORPCError) return error;
  if (error instanceof UserError) {
    const { code, message, hint } = error;
    return new ORPCError('USER', { status: 422, message, data: { code, message, hint }, defined: true });
  }
  if (error instanceof Error && error.name === 'AbortError') return error;
  const message = error instanceof Error ? error.message : String(error);
  const report = error instanceof Error ? (error.stack ?? message) : message;
  return new ORPCError('BUG', { status: 500, message, data: { message, report }, defined: true });
}

export const os = implement(contract)
  .$context<Context>()
  .use(async ({ next, path, context }) => {
    try {
      return await next();
    } catch (error) {
      const told = contractError(error);
      if (told instanceof ORPCError && told.code === 'BUG') context.engine.log.error({ err: error }, path.join('.'));
      throw told;
    }
  });

/** The same for what goes wrong while an iterator runs; the end of a page's interest is no error. */
export async function* guarded<T>(source: AsyncIterable<T>, signal?: AbortSignal): AsyncGenerator<T, void> {
  try {
    yield* source;
  } catch (error) {
    if (signal?.aborted) return;
    throw contractError(error);
  }
}
