/** The pages that are not wizards: one folder and one line each. */
import type { Feature } from '../app/feature.ts';
import { compare } from './compare/index.ts';
import { datasets } from './datasets/index.ts';
import { home } from './home/index.ts';
import { jobs } from './jobs/index.ts';
import { models } from './models/index.ts';
import { playground } from './playground/index.ts';
import { server } from './server/index.ts';
import { settings } from './settings/index.ts';

/** Above the wizards in the sidebar. */
export const leading: readonly Feature[] = [home, models, datasets];
/** Below them. */
export const trailing: readonly Feature[] = [jobs, compare, playground, server, settings];
