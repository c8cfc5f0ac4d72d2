/** What Settings registers. */
import type { Feature } from '../../app/feature.ts';

export const settings: Feature = {
  title: 'Settings',
  icon: 'gear',
  path: '/settings',
  routes: [{ path: '/settings', load: () => import('./settings-page.tsx') }],
};
