/** Opens whatever writes text: a decoder that continues a prompt, or a model with an encoder and a decoder that answers it. */
import { UserError } from '../contract/errors.ts';
import { openModel } from '../models/model.ts';
import { openStored } from '../models/stored.ts';
import { Answerer, answerIds } from './answerer.ts';
import { Decoder, type DecoderOptions } from './decoder.ts';
import { type GenerateOptions, streamIds } from './generate.ts';

/** @throws UserError model/*, weights/*, arguments/incompatible for a model that writes nothing, runtime/failed */
export async function openWriter(folder: string, options: DecoderOptions = {}): Promise<Decoder | Answerer> {
  const stored = await openStored(folder);
  if (stored.architecture.kind !== 'encoder-decoder') return Decoder.open(stored, options);
  if (options.device !== undefined && options.device !== 'cpu') {
    throw new UserError('arguments/incompatible', `${stored.architecture.name} runs on the processor`);
  }
  return Answerer.open(await openModel(folder), { threads: options.threads });
}

/** Tokens that a model writes to a prompt, as they come. */
export function streamWritten(
  writer: Decoder | Answerer,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncIterable<number> {
  if (writer instanceof Answerer) return answerIds(writer, prompt, options);
  writer.rewind(0);
  return streamIds(writer, prompt, options);
}

/** All of them. */
export async function idsWritten(
  writer: Decoder | Answerer,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const id of streamWritten(writer, prompt, options)) ids.push(id);
  return ids;
}
