/** What the page of the local server registers. */
import type { Feature } from '../../app/feature.ts';

export const server: Feature = {
  title: 'Server',
  icon: 'link',
  path: '/server',
  routes: [{ path: '/server', load: () => import('./server-page.tsx') }],
};
