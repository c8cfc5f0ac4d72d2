/** Reads the JSON body of a request, up to a limit. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { isNestedDeeper } from '../../generate/constrain/nesting.ts';
import { ApiError } from './api-error.ts';
import { explain } from './explain.ts';

/** Levels of lists and objects within each other. */
const MOST_NESTED = 1000;

/** @throws ApiError for what is too large, is no JSON or does not fit the schema */
export async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>, most: number): Promise<T> {
  const tooLarge = () => new ApiError(413, 'request_too_large', `a request may have at most ${most} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw tooLarge();
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ApiError(400, 'invalid_json', `the request is not valid JSON: ${(error as Error).message}`);
  }
  if (isNestedDeeper(json, MOST_NESTED)) {
    throw new ApiError(
      400,
      'invalid_json',
      `the request has more than ${MOST_NESTED} lists and objects within each other`,
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = explain(parsed.error.issues[0]);
  const param = path.join('.') || null;
  throw new ApiError(400, 'invalid_value', `${param ?? 'the request'}: ${message}`, param);
}
