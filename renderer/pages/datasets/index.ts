/** What Data sets registers. */
import { chooseFiles } from '../../app/drop/choose-files.ts';
import type { Feature } from '../../app/feature.ts';
import { attempt } from '../../ui/notify.tsx';

export const datasets: Feature = {
  title: 'Data sets',
  icon: 'data',
  path: '/datasets',
  routes: [
    { path: '/datasets', load: () => import('./datasets-page.tsx') },
    { path: '/datasets/:id', load: () => import('./dataset-page.tsx') },
  ],
  commands: [
    {
      id: 'add dataset',
      title: 'Add a data set',
      icon: 'data',
      words: 'jsonl json csv tsv parquet text import',
      run: () => void attempt(() => chooseFiles('files')),
    },
  ],
};
