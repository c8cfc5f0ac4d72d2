/** What Models registers. */
import type { Feature } from '../../app/feature.ts';

export const models: Feature = {
  title: 'Models',
  icon: 'models',
  path: '/models',
  routes: [{ path: '/models', load: () => import('./models-page.tsx') }],
};
