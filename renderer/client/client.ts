/** The contract's procedures, to be called from any page. */
import { type ClientLink, createORPCClient } from '@orpc/client';
import type { EngineClient } from '../../app/contract/index.ts';
import { currentLink } from './connection.ts';

const link: ClientLink<Record<never, never>> = {
  call: async (path, input, options) => (await currentLink()).call(path, input, options),
};

export const engine: EngineClient = createORPCClient(link);
