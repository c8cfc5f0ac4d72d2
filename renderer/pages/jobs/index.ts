/** The page Jobs: the queue, the history, and one page a job. */
import type { Feature } from '../../app/feature.ts';
import { go } from '../../app/hash-location.ts';

export const jobs: Feature = {
  title: 'Jobs',
  icon: 'jobs',
  path: '/jobs',
  routes: [
    { path: '/jobs', load: () => import('./list/jobs-page.tsx') },
    { path: '/jobs/:id', load: () => import('./job-page.tsx') },
  ],
  commands: [{ id: 'jobs', title: 'Show jobs', icon: 'jobs', words: 'queue history running', run: () => go('/jobs') }],
};
