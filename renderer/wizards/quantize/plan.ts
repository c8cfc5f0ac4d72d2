/** Quantize's form as a plan: fewer bits, measured on the data where some is chosen. */
import type { LayerSensitivity } from '../../../app/contract/techniques.ts';
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function quantizePlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-${formatOf(fields, form.options)}`;
  return planOf('quantize', name, form, fields, form.dataset ? { evaluateId: form.dataset.id } : {});
}

/** The short word people use for the outcome: int4, int8, f16. */
export function formatOf(fields: readonly Field[], options: WizardForm['options']): string {
  const method = settingOf(fields, options, 'method');
  if (method === 'float16') return 'f16';
  if (method === 'dynamic') return 'int8-dynamic';
  if (typeof options.targetSize === 'string') return options.targetSize.replace(/\s/g, '');
  const mixed = options.layerBits === undefined ? '' : '-mixed';
  return `int${settingOf(fields, options, 'bits') ?? 4}${mixed}`;
}

/** A size in bytes as people write it and the flag takes it, from bits a weight. */
export function sizeOfBits(bits: number, parameters: number): string {
  const size = (bits * parameters) / 8;
  const [unit, name] = size >= 1e10 ? [1e9, 'GB'] : size >= 1e6 ? [1e6, 'MB'] : [1e3, 'kB'];
  const value = size / unit;
  return `${Number(value.toFixed(value < 100 ? 1 : 0))}${name}`;
}

/** What is expected to be lost by this layer with so many bits. */
export const lossAt = ({ losses }: LayerSensitivity, bits: number): number =>
  losses.find((one) => one.bits === bits)?.loss ?? 0;

/** The next two widths up for the eighth of the layers that lose most. */
export function protectedBits(layers: readonly LayerSensitivity[], bits: number): Map<number, number> {
  const wider = layers[0]?.losses.map((one) => one.bits).filter((width) => width > bits) ?? [];
  const width = wider[1] ?? wider[0];
  if (width === undefined) return new Map();
  const worst = [...layers].sort((a, b) => lossAt(b, bits) - lossAt(a, bits)).slice(0, Math.ceil(layers.length / 8));
  return new Map(worst.map(({ layer }) => [layer, width]));
}

/** "4 bits, groups of 32, embeddings 8 bits" */
export function quantizeSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => settingOf(fields, options, key);
  const method = value('method');
  if (method === 'float16') return '16 bits, half precision';
  if (method === 'dynamic') return '8 bits, activations too';
  if (typeof options.targetSize === 'string') return `${options.targetSize}, bits chosen layer by layer`;
  const word = typeof method === 'string' && method !== 'rtn' ? `${method.toUpperCase()}, ` : '';
  const own = typeof options.layerBits === 'string' ? `; layers ${options.layerBits}` : '';
  return `${word}${value('bits')} bits, ${value('groupSize') === '0' ? 'a scale a row' : `groups of ${value('groupSize')}`}, embeddings ${value('embeddingBits')} bits${own}`;
}
