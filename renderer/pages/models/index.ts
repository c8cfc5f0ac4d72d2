/** What Models registers: the library, one model, two versions beside each other. */
import { chooseFiles } from '../../app/drop/choose-files.ts';
import type { Feature } from '../../app/feature.ts';
import { getStarter } from '../../app/get-starter.ts';
import { go } from '../../app/hash-location.ts';
import { attempt } from '../../ui/notify.tsx';

export const models: Feature = {
  title: 'Models',
  icon: 'models',
  path: '/models',
  routes: [
    { path: '/models', load: () => import('./models-page.tsx') },
    { path: '/models/:id', load: () => import('./detail/model-page.tsx') },
    { path: '/models/:id/beside/:other', load: () => import('./beside/beside-page.tsx') },
  ],
  commands: [
    {
      id: 'import model',
      title: 'Import a model from a folder',
      icon: 'models',
      words: 'safetensors hugging face onnx add',
      run: () => void attempt(() => chooseFiles('folder')),
    },
    {
      id: 'import gguf',
      title: 'Import a model from a GGUF file',
      icon: 'models',
      words: 'gguf llama.cpp add',
      run: () => void attempt(() => chooseFiles('files')),
    },
    {
      id: 'find on hub',
      title: 'Find a model on the hub',
      icon: 'search',
      words: 'hugging face download get',
      run: () => go('/models?hub=1'),
    },
    {
      id: 'starter',
      title: 'Get the starter model',
      icon: 'plus',
      words: 'import',
      run: () => void attempt(getStarter),
    },
  ],
};
