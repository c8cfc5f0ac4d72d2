/** Pieces that several parts of the contract use. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { HINTS } from './errors.ts';

const codes = Object.keys(HINTS) as [keyof typeof HINTS];

/** How a `UserError` travels: what happened, a code to search for, and what to do. */
export const userErrorData = z.object({ code: z.enum(codes), message: z.string(), hint: z.string() });
export type UserErrorData = z.infer<typeof userErrorData>;

/** Anything else that was thrown is a bug: the page offers to copy `report`. */
export const bugData = z.object({ message: z.string(), report: z.string() });

/** Every procedure may fail in these two ways; the page tells them apart with `isDefinedError`. */
export const procedure = oc.errors({ USER: { status: 422, data: userErrorData }, BUG: { status: 500, data: bugData } });

/** Why a job ended badly: a `UserError`, or a bug with its report. */
export const failure = z.object({
  code: z.union([z.enum(codes), z.literal('internal')]),
  message: z.string(),
  hint: z.string(),
  report: z.string().optional(),
});
export type Failure = z.infer<typeof failure>;

/** Name of a model's folder in the library. */
export const modelId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
/** Id that the engine gave to a data set, job, draft, export or trash entry. */
export const id = z.string().regex(/^[a-z0-9-]{1,64}$/);
/** Milliseconds since 1970. */
export const time = z.number().int().nonnegative();
export const count = z.number().int().nonnegative();
export const bytes = z.number().nonnegative();
export const json = z.record(z.string(), z.unknown());
export const path = z.string().min(1).max(4096);

export const page = z.object({
  search: z.string().max(200).optional(),
  offset: count.default(0),
  limit: z.number().int().positive().max(500).default(50),
});

export const nothing = z.object({});
