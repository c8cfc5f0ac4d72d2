/** What models return against PyTorch's, for every architecture and for both spellings of its configuration. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../app/models/model.ts';
import { runModel } from '../../app/models/score.ts';
import type { Tensor } from '../../app/tensor/tensor.ts';
import { ARCHITECTURE_CASES, readReference } from '../fixtures/architecture-cases.ts';

/** Largest difference; hidden states of padding are an accident of the implementation. */
function worst(actual: Tensor, expected: Tensor, mask: Tensor | undefined): number {
  const inner = expected.data.length / (mask?.data.length ?? 1);
  let most = 0;
  (expected.data as Float32Array).forEach((value, i) => {
    if (mask && Number(mask.data[Math.floor(i / inner)]) === 0) return;
    most = Math.max(most, Math.abs(value - (actual.data as Float32Array)[i]));
  });
  return most;
}

describe.each(ARCHITECTURE_CASES)('$name', ({ folder: source, kind, outputs, tolerance }) => {
  const files = ['config.json', 'config.v4.json'].filter((file) => existsSync(join(source, file)));
  it.each(files)('gives what the reference gives with %s', async (file) => {
    const folder = mkdtempSync(join(tmpdir(), 'lathe-score-'));
    try {
      cpSync(source, folder, { recursive: true });
      cpSync(join(source, file), join(folder, 'config.json'));
      const reference = await readReference(folder);
      const actual = await runModel(await openModel(folder), {
        input_ids: reference.input_ids,
        attention_mask: reference.attention_mask,
        token_type_ids: reference.token_type_ids,
        decoder_input_ids: reference.decoder_input_ids,
      });
      expect(Object.keys(actual).sort()).toEqual(Object.keys(outputs).sort());
      for (const name of Object.keys(outputs)) {
        expect(actual[name].shape, name).toEqual(reference[name].shape);
        const mask = kind !== 'decoder' && name.endsWith('last_hidden_state') ? reference.attention_mask : undefined;
        expect(worst(actual[name], reference[name], mask), name).toBeLessThan(tolerance / 10);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
