/** Where the hub is and who we are there, from the variables that Hugging Face's own tools read. */
import { UserError } from '../../contract/errors.ts';

export interface HubSettings {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly token?: string;
  /** No byte for this long: the connection counts as dead. Milliseconds. */
  readonly stallMs: number;
  /** First wait before another attempt, doubled each time. Milliseconds. */
  readonly pauseMs: number;
}

const isTrue = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? '');

/** @throws UserError hub/offline, arguments/invalid */
export function hubSettings(environment: Readonly<Record<string, string | undefined>> = process.env): HubSettings {
  const { HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE } = environment;
  if (isTrue(HF_HUB_OFFLINE)) throw new UserError('hub/offline', 'HF_HUB_OFFLINE is set, so the hub is not asked');
  const endpoint = (HF_ENDPOINT?.trim() || 'https://huggingface.co').replace(/\/+$/, '');
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new UserError('arguments/invalid', `HF_ENDPOINT: ${endpoint} is not a web address`);
  return { endpoint, token: HF_TOKEN?.trim() || undefined, stallMs: 30_000, pauseMs: 500 };
}
