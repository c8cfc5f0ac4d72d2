/** `lathe embed`: texts as vectors whose cosines say how alike they are. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { readJson } from '../read-json.ts';
import { table } from '../report.ts';
import { poolingFlag } from '../sampling-flags.ts';

/** More rows and columns would not be read. */
const SHOWN = 8;

export const embed = defineCommand({
  name: 'embed',
  summary: 'Turn texts into vectors of length one, which lie the closer the more alike the texts are',
  example: 'lathe embed minilm --text "Roses need sun." --text "Ferns like shade."',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    text: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .transform((text) => (text === undefined ? [] : [text].flat()))
      .describe('A text; named again: one more'),
    input: z.string().optional().describe('JSON file: an array of strings, after those of --text'),
    pooling: poolingFlag,
    out: z.string().optional().describe('safetensors file to write: embeddings [texts, width]'),
  }),
  async run([reference], { text, input, pooling, out }, { home, threads, signal, progress }) {
    const [{ resolveModel }, { openStored }, { loadTokenizer }, { Embedder }, { writeSafetensors }] = await Promise.all(
      [
        import('../../models/library.ts'),
        import('../../models/stored.ts'),
        import('../../models/tokenizer.ts'),
        import('../../generate/embedder.ts'),
        import('../../models/weights/safetensors-writer.ts'),
      ],
    );
    const listed = z.array(z.string()).safeParse(input === undefined ? [] : await readJson(input));
    if (!listed.success) throw new UserError('arguments/invalid', `${input} is not an array of strings`);
    const texts = [...text, ...listed.data];
    if (texts.length === 0) throw new UserError('arguments/invalid', 'give a --text, or an --input with some');
    const path = await resolveModel(reference, home);
    const [model, tokenizer] = await Promise.all([openStored(path), loadTokenizer(path)]);
    const embedder = new Embedder(model, { threads, pooling });
    const bar = progress('Embedding', texts.length, 'texts');
    const vectors: Float32Array[] = [];
    let tokens = 0;
    try {
      for (const one of texts) {
        const ids = tokenizer.encode(one, { special: true });
        vectors.push(await embedder.embed(ids, signal));
        tokens += ids.length;
        bar.update(vectors.length);
      }
    } finally {
      bar.end();
      embedder.dispose();
    }
    const shape = [texts.length, embedder.width];
    const measures = { texts: texts.length, width: embedder.width, tokens };
    if (out === undefined) return { ...measures, embeddings: vectors.map((vector) => Array.from(vector)) };
    const produce = () => Float32Array.from(vectors.flatMap((vector) => Array.from(vector)));
    await writeSafetensors(out, [{ name: 'embeddings', dtype: 'float32', shape, produce }]);
    return { ...measures, out };
  },
  print({ texts, width, tokens, embeddings, out }: Result) {
    const counts = `${texts} texts, ${tokens} tokens, ${width} numbers each`;
    if (!embeddings || texts === 1) return `${counts}${out === undefined ? '' : `, in ${out}`}`;
    const some = embeddings.slice(0, SHOWN);
    const cosines = some.map((one, i) => [String(i + 1), ...some.map((other) => dot(one, other).toFixed(2))]);
    return [table([['cosine', ...some.map((_, i) => String(i + 1))], ...cosines]), '', counts].join('\n');
  },
});

interface Result {
  readonly texts: number;
  readonly width: number;
  readonly tokens: number;
  readonly embeddings?: readonly (readonly number[])[];
  readonly out?: string;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
