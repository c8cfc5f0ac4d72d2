/** The calibration text of a quantization, apart from what its quality will be measured on. */
import type { Model } from '../models/model.ts';
import type { CalibrationText } from '../techniques/quantize/calibration-text.ts';
import { needsText, type QuantizeOptions, tokensOfText } from '../techniques/quantize/schema.ts';

export interface CalibrationData {
  readonly file?: string;
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
  /** Rows that quality is measured on. */
  readonly evalExamples: number;
}

/** Tokens of a text that its perplexity is measured on; see `qualityRequest`. */
const MEASURED_TOKENS = 8192;

/** @returns undefined for methods that need no text */
export async function calibrationFor(
  model: Model,
  options: QuantizeOptions,
  { evalExamples, ...data }: CalibrationData,
): Promise<CalibrationText | undefined> {
  if (!needsText(options)) return undefined;
  const { calibrationText } = await import('../techniques/quantize/calibration-text.ts');
  return calibrationText(model.folder, {
    ...data,
    tokens: tokensOfText(options),
    longest: model.config.maxLength,
    reserved: { tokens: MEASURED_TOKENS, rows: evalExamples },
  });
}
