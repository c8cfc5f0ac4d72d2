/** Data sets: reading, recognising, encoding, packing, checking. */

export { Random, type RandomState } from '../tensor/random.ts';
export type { LossOn } from './align.ts';
export { assertTrainable, type CheckOptions, checkDataset, type DatasetReport, isTokensFile } from './check.ts';
export { type EncodedExample, type EncodeOptions, ExampleEncoder, encodeExample, IGNORED } from './encode.ts';
export { closedSide, encodeSides } from './encode-sides.ts';
export { epochOrder, type OrderOptions } from './epoch-order.ts';
export { type ExampleReader, type ExampleRow, openExamples, type ReadOptions } from './examples.ts';
export { FORMATS, TOKENS_FORMAT } from './formats/index.ts';
export { type EncodedDataset, type LoadOptions, loadDataset } from './load.ts';
export { type MixedPart, takenOf } from './mixture.ts';
export { type Batch, type BatchPlan, type PlanOptions, planPacked, planPadded } from './packing.ts';
export { plainTemplate } from './plain-template.ts';
export { readConll } from './readers/conll.ts';
export { readRows } from './readers/index.ts';
export { isHeldOut } from './split.ts';
export { EncodedStore } from './store.ts';
export { type TokenStep, TokensFile } from './tokens-file.ts';
export type { Example, Row, RowProblem, SourceRow } from './types.ts';
