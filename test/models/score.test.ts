/** Logits against PyTorch's, for every architecture and for both spellings of its configuration. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { scoreSequences } from '../../app/models/score.ts';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';

const ROOT = join(import.meta.dirname, '../fixtures/models');

describe.each(readdirSync(ROOT))('%s', (name) => {
  it.each(['config.json', 'config.v4.json'])('gives the logits of the reference with %s', async (file) => {
    const folder = mkdtempSync(join(tmpdir(), 'lathe-score-'));
    try {
      cpSync(join(ROOT, name), folder, { recursive: true });
      cpSync(join(ROOT, name, file), join(folder, 'config.json'));
      const reference = await safetensorsConstants(join(folder, 'reference.safetensors'));
      const read = (tensor: string) => readConstant(reference.get(tensor)!);
      const logits = await scoreSequences(
        await openModel(folder),
        await read('input_ids'),
        await read('attention_mask'),
      );
      const expected = (await read('logits')).data as Float32Array;
      let worst = 0;
      (logits.data as Float32Array).forEach((v, i) => {
        worst = Math.max(worst, Math.abs(v - expected[i]));
      });
      const { tolerance } = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
      expect(worst).toBeLessThan(tolerance.max_abs_diff / 10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
