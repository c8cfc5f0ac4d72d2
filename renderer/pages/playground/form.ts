/** What is asked of an answer beside its sampling: where it ends, which form it has, whether its certainty is shown. */

export interface AnswerForm {
  /** One a line. */
  readonly stops: string;
  /** A JSON schema; empty: any text. */
  readonly schema: string;
  readonly certainty: boolean;
}

export const FREE_FORM: AnswerForm = { stops: '', schema: '', certainty: false };

/** As the engine takes it; what is empty is left out. */
export function formRequest({ stops, schema, certainty }: AnswerForm) {
  const stop = stops.split('\n').filter((line) => line !== '');
  return {
    ...(stop.length > 0 ? { stop: stop.slice(0, MOST_STOPS) } : {}),
    ...(schema.trim() === '' ? {} : { schema }),
    ...(certainty ? { certainty } : {}),
  };
}

export const MOST_STOPS = 16;

/** What is wrong with the schema's text, as long as it is no JSON. */
export function schemaProblem(schema: string): string | undefined {
  if (schema.trim() === '') return undefined;
  try {
    JSON.parse(schema);
    return undefined;
  } catch (error) {
    return `Not valid JSON yet: ${(error as Error).message}`;
  }
}
