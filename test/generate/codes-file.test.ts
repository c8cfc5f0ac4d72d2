/** Weights in a file of their own are those that a session reads, and nothing of it is left. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { CodesFile } from '../../app/generate/codes-file.ts';
import { readConstant } from '../../app/models/weights/constants.ts';
import { tensor } from '../../app/tensor/tensor.ts';

it('holds several tensors until it is removed', async () => {
  const file = await CodesFile.open();
  const tensors = [3, 5].map((n) =>
    tensor(
      'int8',
      [n, 2],
      Int8Array.from({ length: 2 * n }, (_, i) => i - n),
    ),
  );
  const constants = [];
  for (const each of tensors) constants.push(await file.add(each));
  expect(await Promise.all(constants.map(readConstant))).toEqual(tensors);
  await file.remove();
  await expect(stat(dirname(constants[0].file))).rejects.toMatchObject({ code: 'ENOENT' });
});
