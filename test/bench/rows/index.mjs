/** Every row of the benchmark, in the order of the table. */
import { trainFull } from './train-full.mjs';
import { trainLora } from './train-lora.mjs';

export const ROWS = [trainLora, trainFull];
