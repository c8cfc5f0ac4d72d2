/** What Lathe cannot run is refused with what is missing, and an encoder is not asked to continue a text. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { describe } from '../../app/models/architectures/index.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { quantize } from '../../app/techniques/quantize/quantize.ts';
import { quantizeSchema } from '../../app/techniques/quantize/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');

it.each([
  [{ model_type: 'mixtral', num_local_experts: 8 }, 'routed experts'],
  [{ model_type: 'bloom' }, 'ALiBi'],
  [{ model_type: 'something_new', vision_config: {} }, 'image input'],
  [{ model_type: 'gemma3', vision_config: {} }, 'gemma3_text'],
  [{ model_type: 'constructor' }, 'not described'],
])('%j lacks %s', (json, missing) => {
  expect(() => describe(json)).toThrowError(expect.objectContaining({ code: 'model/unsupported' }));
  expect(() => describe(json)).toThrowError(missing);
});

it.each(['bert', 'bert-classification', 't5'])('%s does not continue a text', async (name) => {
  const refused = { code: 'arguments/incompatible' };
  await expect(Decoder.open(await openStored(join(ROOT, name)))).rejects.toMatchObject(refused);
  const options = quantizeSchema.parse({ method: 'rtn' });
  const out = join(ROOT, 'never-written');
  await expect(quantize(await openModel(join(ROOT, name)), out, options)).rejects.toMatchObject(refused);
});
