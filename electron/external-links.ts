/** Which links may leave for the system's browser: https to a few hosts, named here. */
import { shell } from 'electron';

const HOSTS: readonly string[] = ['huggingface.co', 'github.com', 'arxiv.org', 'onnxruntime.ai', 'spdx.org'];

/** Plain https on its usual port, without credentials, to a host of the list or one below it. */
export function mayOpen(address: string): boolean {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '') return false;
  return HOSTS.some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`));
}

/** @returns false where the link is refused; then nothing was opened */
export async function openLink(address: string): Promise<boolean> {
  if (!mayOpen(address)) return false;
  await shell.openExternal(new URL(address).href);
  return true;
}
