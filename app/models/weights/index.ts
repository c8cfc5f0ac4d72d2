/** Weights: reading and writing them, checked, streamed, never half-written. */
export {
  BLOCK_FORMATS,
  type BlockType,
  dequantizeBlocks,
  quantizeBlocks,
  WRITABLE_BLOCKS,
  type WritableBlock,
} from './blocks/index.ts';
export { allFinite, assertFinite, assertShapes } from './checks.ts';
export { type GgufSource, openGguf } from './gguf/reader.ts';
export { type GgufTensorType, TENSOR_TYPE_IDS } from './gguf/tensor-types.ts';
export type { GgufArray, GgufMetadata, GgufValue } from './gguf/values.ts';
export { type GgufTensorToWrite, writeGguf } from './gguf/writer.ts';
export { isPickle, openWeights } from './open.ts';
export { openSafetensors, openShards } from './safetensors-reader.ts';
export {
  PYTORCH_METADATA,
  SHARD_BYTES,
  type TensorToWrite,
  writeSafetensors,
  writeShards,
} from './safetensors-writer.ts';
export { isBlockType, type StoredType, storedBytes, type WeightInfo, type WeightSource } from './source.ts';
export type { TensorData } from './stream.ts';
