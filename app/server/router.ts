/** Every procedure of the contract with its handler: one that is missing does not compile. */
import { os } from './base.ts';
import { datasets } from './handlers/datasets.ts';
import { jobs } from './handlers/jobs.ts';
import { models } from './handlers/models.ts';
import { compare, drafts, exports_, files, playground, trash } from './handlers/rest.ts';
import { settings } from './handlers/settings.ts';
import { system } from './handlers/system.ts';
import { recipes, techniques } from './handlers/techniques.ts';

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
  exports: exports_,
  trash,
});
