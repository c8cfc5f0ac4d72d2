/** What adapting is told and tells on its way. */
import type { ExitTrainingContext } from './exit-training.ts';

export interface AdaptContext extends Omit<ExitTrainingContext, 'onProgress'> {
  readonly onProgress?: (what: 'reading' | 'training' | 'measuring', done: number, total: number) => void;
}
