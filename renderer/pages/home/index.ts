/** What Home registers. */
import type { Feature } from '../../app/feature.ts';

export const home: Feature = {
  title: 'Home',
  icon: 'home',
  path: '/',
  routes: [{ path: '/', load: () => import('./home-page.tsx') }],
};
