/** What each tensor of a GGUF file is stored as: what was asked for it, what a plan of bits says, what its file's type says. */
import { UserError } from '../../contract/errors.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import { type Circumstances, FILE_TYPES, type FileType, type Stored } from './file-types.ts';

/** A part of GGUF's name of a tensor, `*` standing for anything, and the type of the tensors it fits. */
interface Wish {
  readonly pattern: string;
  readonly matches: RegExp;
  readonly type: Stored;
}

const NAMES: Readonly<Record<string, Stored>> = {
  f32: 'float32',
  f16: 'float16',
  bf16: 'bfloat16',
  q8_0: 'Q8_0',
  q6_k: 'Q6_K',
  q5_1: 'Q5_1',
  q5_k: 'Q5_K',
  q5_0: 'Q5_0',
  q4_1: 'Q4_1',
  q4_k: 'Q4_K',
  q4_0: 'Q4_0',
  iq4_nl: 'IQ4_NL',
  iq4_xs: 'IQ4_XS',
  q3_k: 'Q3_K',
  q2_k: 'Q2_K',
};

/** Blocks of 32 for rows that are no whole blocks of 256: as large as these or the next larger, the better of those there are. */
const NARROW: Partial<Record<Stored, Stored>> = {
  Q2_K: 'IQ4_NL',
  Q3_K: 'IQ4_NL',
  IQ4_XS: 'IQ4_NL',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

/** The k-type of as many bits. */
const BY_BITS: Readonly<Record<number, Stored>> = { 2: 'Q2_K', 3: 'Q3_K', 4: 'Q4_K', 5: 'Q5_K', 6: 'Q6_K', 8: 'Q8_0' };

/** @throws UserError arguments/invalid for what is no `pattern=type` or names no type there is */
export function readWishes(texts: readonly string[]): readonly Wish[] {
  return texts.map((text) => {
    const [, pattern, name] = /^\s*([^=\s]+)\s*=\s*(\w+)\s*$/.exec(text) ?? [];
    const type = NAMES[name?.toLowerCase()];
    if (pattern === undefined || type === undefined) {
      const known = Object.keys(NAMES).join(', ');
      throw new UserError('arguments/invalid', `"${text}" is no tensor=type (types: ${known})`);
    }
    const parts = pattern.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return { pattern, matches: new RegExp(parts.join('.*')), type };
  });
}

/** Types by GGUF's name, out of how a quantized model stores its modules. */
export function planOf(
  formats: ReadonlyMap<string, LinearFormat>,
  nameOf: (weight: string) => string | undefined,
): ReadonlyMap<string, Stored> {
  const plan = new Map<string, Stored>();
  for (const [module, format] of formats) {
    const name = nameOf(`${module}.weight`);
    const type = BY_BITS[format.kind === 'blocks' ? format.bits : 8];
    if (name !== undefined && type !== undefined) plan.set(name, type);
  }
  return plan;
}

export interface TypeChoice extends Circumstances {
  readonly type: FileType;
  readonly wishes: readonly Wish[];
  readonly plan?: ReadonlyMap<string, Stored>;
  /** Whether the embedding is the head too. */
  readonly tied: boolean;
}

/**
 * @param name GGUF's
 * @param shape [out, in], as GGUF stores it
 */
export function storedType(name: string, shape: readonly number[], choice: TypeChoice): Stored {
  const [, columns] = shape;
  if (columns === undefined || name.startsWith('position_embd')) return 'float32';
  const wanted =
    choice.wishes.find(({ matches }) => matches.test(name))?.type ?? choice.plan?.get(name) ?? usual(name, choice);
  const fitting = columns % 256 === 0 ? wanted : (NARROW[wanted] ?? wanted);
  // Rows that are no whole blocks stay in half precision, as llama.cpp's own converter leaves them.
  return /^I?Q/.test(fitting) && columns % 32 !== 0 ? 'float16' : fitting;
}

function usual(name: string, choice: TypeChoice): Stored {
  const { matrix, table, raised = [] } = FILE_TYPES[choice.type];
  if (name.startsWith('output.') || (name.startsWith('token_embd.') && choice.tied)) return table;
  const [, layer, part] = /^blk\.(\d+)\.(\w+)\./.exec(name) ?? [];
  const rule = raised.find((rule) => rule.part === part && (rule.where?.(Number(layer), choice) ?? true));
  return rule?.to ?? matrix;
}

/** @throws UserError arguments/invalid for a wish that fits no tensor: most likely it is misspelt */
export function assertUsed(wishes: readonly Wish[], names: readonly string[]): void {
  const idle = wishes.find(({ matches }) => !names.some((name) => matches.test(name)));
  if (idle) {
    const example = names.find((name) => name.includes('ffn_down')) ?? names[0];
    throw new UserError('arguments/invalid', `no tensor fits "${idle.pattern}": they are called like ${example}`);
  }
}
