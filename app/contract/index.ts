/** The contract between page and engine: implemented once in app/server, called by the page through either carrier. */
import type { ContractRouterClient } from '@orpc/contract';
import { apiServer } from './api-server.ts';
import { compare } from './compare.ts';
import { datasets } from './datasets.ts';
import { drafts } from './drafts.ts';
import { exportProcedures } from './exports.ts';
import { files } from './files.ts';
import { jobs } from './jobs.ts';
import { models } from './models.ts';
import { playground } from './playground.ts';
import { recipes } from './recipes.ts';
import { settings } from './settings.ts';
import { system } from './system.ts';
import { techniques } from './techniques.ts';
import { trash } from './trash.ts';

export const contract = {
  system,
  settings,
  files,
  models,
  datasets,
  techniques,
  recipes,
  jobs,
  drafts,
  playground,
  compare,
  apiServer,
  exports: exportProcedures,
  trash,
};

/** The engine as the page sees it. */
export type EngineClient = ContractRouterClient<typeof contract>;
