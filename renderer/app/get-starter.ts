/** Puts the starter model into the library. */

import { engine } from '../client/client.ts';
import { forget } from '../client/queries.ts';
import { tell } from '../ui/notify.tsx';
import { go } from './hash-location.ts';

export async function getStarter(): Promise<void> {
  const { id } = await engine.models.importEmbedded({ id: 'starter' });
  await forget('models');
  tell({
    tone: 'good',
    title: 'The starter model is in the library',
    open: { label: 'Open it', run: () => go(`/models/${id}`) },
  });
}
