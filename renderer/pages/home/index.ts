/** What Home registers. */
import type { Feature } from '../../app/feature.ts';
import { runDemo } from '../../app/run-demo.ts';
import { attempt } from '../../ui/notify.tsx';

export const home: Feature = {
  title: 'Home',
  icon: 'home',
  path: '/',
  routes: [{ path: '/', load: () => import('./home-page.tsx') }],
  commands: [
    {
      id: 'demo',
      title: 'Run the starter demo',
      icon: 'play',
      words: 'start here example try',
      run: () => void attempt(runDemo),
    },
  ],
};
