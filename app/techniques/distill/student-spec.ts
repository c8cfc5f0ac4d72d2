/** Students made from their teacher: some of its layers, or the same architecture with other sizes and fresh weights. */
import { UserError } from '../../contract/errors.ts';

export type StudentSpec =
  /** So many of the teacher's layers, spread evenly, its first and last among them. */
  | { readonly kind: 'layers'; readonly count: number }
  /** Its first layer and every n-th after it (Sanh et al. 2019). */
  | { readonly kind: 'every'; readonly step: number }
  | { readonly kind: 'fresh'; readonly sizes: FreshSizes };

export interface FreshSizes {
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly groups?: number;
  readonly inner?: number;
}

const SIZES: readonly (keyof FreshSizes)[] = ['layers', 'width', 'heads', 'groups', 'inner'];

/**
 * `layers:6`, `every:2`, `fresh:layers=4,width=128,heads=4,groups=2,inner=512`; undefined for anything else, which names a model.
 * @throws UserError arguments/invalid
 */
export function readStudentSpec(text: string): StudentSpec | undefined {
  const found = /^(layers|every|fresh):(.*)$/.exec(text);
  if (!found) return undefined;
  const [, kind, rest] = found;
  if (kind === 'layers') return { kind, count: whole(rest, text) };
  if (kind === 'every') return { kind, step: whole(rest, text) };
  const sizes: Record<string, number> = {};
  for (const part of rest.split(',').filter((p) => p !== '')) {
    const [name, value = ''] = part.split('=');
    if (!SIZES.includes(name as keyof FreshSizes)) {
      throw new UserError('arguments/invalid', `--student ${text}: there is no size "${name}" (${SIZES.join(', ')})`);
    }
    sizes[name] = whole(value, text);
  }
  return { kind: 'fresh', sizes };
}

function whole(value: string, text: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number > 0) return number;
  throw new UserError('arguments/invalid', `--student ${text}: "${value}" is no whole number above 0`);
}

/** @throws UserError arguments/invalid where there are not so many layers */
export function layersKept(spec: Exclude<StudentSpec, { kind: 'fresh' }>, layers: number): number[] {
  if (spec.kind === 'every') return [...Array(layers).keys()].filter((l) => l % spec.step === 0);
  const { count } = spec;
  if (count > layers) throw new UserError('arguments/invalid', `the teacher has ${layers} layers, not ${count}`);
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.round((i * (layers - 1)) / (count - 1)));
}
