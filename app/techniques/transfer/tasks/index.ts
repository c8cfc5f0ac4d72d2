/** All tasks of transfer learning. */
import { classification } from './classification.ts';
import { multiLabel } from './multi-label.ts';
import { regression } from './regression.ts';
import type { TransferTask } from './task.ts';

export const TASKS: Readonly<Record<'classification' | 'multi-label' | 'regression', TransferTask>> = {
  classification: classification as unknown as TransferTask,
  'multi-label': multiLabel as unknown as TransferTask,
  regression: regression as unknown as TransferTask,
};
