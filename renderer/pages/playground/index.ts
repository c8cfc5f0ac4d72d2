/** The page Playground: chat with one version or two side by side. */
import type { Feature } from '../../app/feature.ts';
import { go } from '../../app/hash-location.ts';

export const playground: Feature = {
  title: 'Playground',
  icon: 'chat',
  path: '/playground',
  routes: [{ path: '/playground', load: () => import('./playground-page.tsx') }],
  commands: [
    {
      id: 'playground',
      title: 'Chat with a model',
      icon: 'chat',
      words: 'playground try generate prompt',
      run: () => go('/playground'),
    },
  ],
};
