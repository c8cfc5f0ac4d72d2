/** How many bytes a model takes once its files are compressed, as for a download: measured with gzip's fastest level. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** @param folder a Hugging Face folder: its safetensors files are compressed */
export async function compressedSize(folder: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.safetensors')) continue;
    const count = async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) bytes += chunk.length;
    };
    await pipeline(createReadStream(join(folder, name)), createGzip({ level: 1 }), count, { signal });
  }
  return bytes;
}
