/** All operators. A new one is a new file and a line here. */
import type { Op } from '../op.ts';
import { add } from './add.ts';
import { mul } from './mul.ts';
import { softmax } from './softmax.ts';

const LIST = { Add: add, Mul: mul, Softmax: softmax } as const;

export type OpName = string;
export const OPS: Readonly<Record<OpName, Op>> = LIST as unknown as Readonly<Record<OpName, Op>>;

const byDomain = new Map(Object.values(OPS).map((op) => [`${op.domain}:${op.type}`, op]));

export const findOp = (type: string, domain: string): Op | undefined => byDomain.get(`${domain}:${type}`);
