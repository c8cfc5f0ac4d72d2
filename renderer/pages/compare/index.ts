/** What Compare registers. */
import type { Feature } from '../../app/feature.ts';

export const compare: Feature = {
  title: 'Compare',
  icon: 'compare',
  path: '/compare',
  routes: [
    { path: '/compare', load: () => import('./compare-page.tsx') },
    { path: '/compare/:family', load: () => import('./compare-page.tsx') },
  ],
};
