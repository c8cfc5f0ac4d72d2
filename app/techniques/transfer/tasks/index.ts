/** All tasks of transfer learning. */
import { classification } from './classification.ts';
import { multiLabel } from './multi-label.ts';
import { regression } from './regression.ts';
import type { TransferTask } from './task.ts';
import { tokenClassification } from './token-classification.ts';

export const TASKS = {
  classification: classification as unknown as TransferTask,
  'multi-label': multiLabel as unknown as TransferTask,
  regression: regression as unknown as TransferTask,
  'token-classification': tokenClassification as unknown as TransferTask,
};
