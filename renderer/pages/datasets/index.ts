/** What Data sets registers. */
import type { Feature } from '../../app/feature.ts';

export const datasets: Feature = {
  title: 'Data sets',
  icon: 'data',
  path: '/datasets',
  routes: [{ path: '/datasets', load: () => import('./datasets-page.tsx') }],
};
