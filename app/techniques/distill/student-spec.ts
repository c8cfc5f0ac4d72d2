/** Students made from their teacher: some of its layers, or the same architecture with other sizes and fresh weights. */
import { UserError } from '../../contract/errors.ts';

export type StudentSpec =
  /** So many of the teacher's layers, or below 1 that share of them, spread evenly, its first and last among them. */
  | { readonly kind: 'layers'; readonly count: number }
  /** Its first layer and every n-th after it (Sanh et al. 2019). */
  | { readonly kind: 'every'; readonly step: number }
  | { readonly kind: 'fresh'; readonly sizes: FreshSizes };

/** Below 1: a share of the teacher's. Heads, groups and inner follow a share of the width where they are not given. */
export interface FreshSizes {
  readonly layers?: number;
  readonly width?: number;
  readonly heads?: number;
  readonly groups?: number;
  readonly inner?: number;
}

const SIZES: readonly (keyof FreshSizes)[] = ['layers', 'width', 'heads', 'groups', 'inner'];

/**
 * `layers:6`, `layers:0.5`, `every:2`, `fresh:layers=4,width=128,heads=4,groups=2,inner=512`, `fresh:layers=0.5,width=0.5`; undefined for anything else, which names a model.
 * @throws UserError arguments/invalid
 */
export function readStudentSpec(text: string): StudentSpec | undefined {
  const found = /^(layers|every|fresh):(.*)$/.exec(text);
  if (!found) return undefined;
  const [, kind, rest] = found;
  if (kind === 'layers') return { kind, count: amount(rest, text) };
  if (kind === 'every') return { kind, step: whole(rest, text) };
  const sizes: Record<string, number> = {};
  for (const part of rest.split(',').filter((p) => p !== '')) {
    const [name, value = ''] = part.split('=');
    if (!SIZES.includes(name as keyof FreshSizes)) {
      throw new UserError('arguments/invalid', `--student ${text}: there is no size "${name}" (${SIZES.join(', ')})`);
    }
    sizes[name] = amount(value, text);
  }
  return { kind: 'fresh', sizes };
}

function whole(value: string, text: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number > 0) return number;
  throw new UserError('arguments/invalid', `--student ${text}: "${value}" is no whole number above 0`);
}

function amount(value: string, text: string): number {
  const share = Number(value);
  return /^0?\.\d+$/.test(value) && share > 0 ? share : whole(value, text);
}

/** Sizes of a model, as many as its family has. */
export type Sizes = Readonly<Record<keyof FreshSizes, number>>;

/** What the asked-for sizes come down to for this teacher. A share of the width keeps the width of a head. */
export function sizesOf(asked: FreshSizes, teacher: Sizes): Sizes {
  const scaled = (size: number, share: number) => Math.max(1, Math.round(size * share));
  const size = (key: keyof FreshSizes, otherwise: number) => {
    const value = asked[key] ?? otherwise;
    return value < 1 ? scaled(teacher[key], value) : value;
  };
  const share = asked.width !== undefined && asked.width < 1 ? asked.width : undefined;
  const heads = size('heads', scaled(teacher.heads, share ?? 1));
  return {
    layers: size('layers', teacher.layers),
    width: share === undefined ? size('width', teacher.width) : heads * Math.round(teacher.width / teacher.heads),
    heads,
    groups: size('groups', divisorOf(heads, scaled(teacher.groups, share ?? 1))),
    inner: size('inner', share === undefined ? teacher.inner : 8 * scaled(teacher.inner, share / 8)),
  };
}

/** The largest number up to `most` that divides `whole`. */
function divisorOf(whole: number, most: number): number {
  for (let n = Math.min(whole, most); n > 1; n--) if (whole % n === 0) return n;
  return 1;
}

/** @throws UserError arguments/invalid where there are not so many layers */
export function layersKept(spec: Exclude<StudentSpec, { kind: 'fresh' }>, layers: number): number[] {
  if (spec.kind === 'every') return [...Array(layers).keys()].filter((l) => l % spec.step === 0);
  const count = spec.count < 1 ? Math.max(1, Math.round(spec.count * layers)) : spec.count;
  if (count > layers) throw new UserError('arguments/invalid', `the teacher has ${layers} layers, not ${count}`);
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.round((i * (layers - 1)) / (count - 1)));
}
