/** Every procedure of the contract with its handler: one that is missing does not compile. */
import { os } from './base.ts';
import { apiServer } from './handlers/api-server.ts';
import { compare } from './handlers/compare.ts';
import { datasets } from './handlers/datasets.ts';
import { drafts } from './handlers/drafts.ts';
import { exportHandlers } from './handlers/exports.ts';
import { files } from './handlers/files.ts';
import { jobs } from './handlers/jobs.ts';
import { models } from './handlers/models.ts';
import { playground } from './handlers/playground.ts';
import { settings } from './handlers/settings.ts';
import { system } from './handlers/system.ts';
import { recipes, techniques } from './handlers/techniques.ts';
import { trash } from './handlers/trash.ts';

export const router = os.router({
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
  exports: exportHandlers,
  trash,
});
