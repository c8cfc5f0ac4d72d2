/** The sizes of a model that time and memory depend on. */
import { modelSize } from '../../models/size.ts';
import { storageFormat } from '../../models/storage-format.ts';
import { openStored } from '../../models/stored.ts';

export interface ModelShape {
  readonly parameters: number;
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
  /** Width inside the feed-forward blocks. */
  readonly inner: number;
  readonly heads: number;
  readonly contextLength: number;
  readonly sizeBytes: number;
  readonly format: string;
  /** The head has a matrix of its own. */
  readonly untied: boolean;
  /** It says what a text is, and writes none. */
  readonly classifies?: boolean;
  /** It is run over whole texts, not token by token. */
  readonly whole?: boolean;
  /** It continues texts, a token after the other. */
  readonly continues?: boolean;
}

/** @throws UserError model/*, weights/* */
export async function modelShape(path: string): Promise<ModelShape> {
  const stored = await openStored(path);
  const { configJson, config } = stored;
  const inner = [configJson.intermediate_size, configJson.n_inner].find((v): v is number => typeof v === 'number');
  return {
    parameters: stored.parameters,
    vocabulary: config.vocabulary,
    layers: config.layers,
    width: config.width,
    inner: inner ?? 4 * config.width,
    heads: config.heads,
    contextLength: config.maxLength,
    sizeBytes: await modelSize(path),
    format: storageFormat(stored),
    untied: configJson.tie_word_embeddings === false,
    ...(stored.task.kind === 'next-token' && stored.architecture.kind === 'decoder' ? { continues: true } : {}),
    ...(stored.task.kind === 'classification' ? { classifies: true } : {}),
    ...(stored.architecture.kind === 'encoder' || 'labels' in stored.task ? { whole: true } : {}),
  };
}
