/** In a browser files have no path: they are sent to the engine, which says where it put them. */
import { accessToken } from './access-token.ts';

/**
 * @param name relative, with the folders it lies in: "model/config.json"
 * @returns the path on the engine's machine
 */
export async function upload(file: File, name: string): Promise<string> {
  const address = new URL(`upload/${name.split('/').map(encodeURIComponent).join('/')}`, window.location.href);
  address.hash = '';
  address.search = '';
  const answer = await fetch(address, {
    method: 'PUT',
    body: file,
    headers: { authorization: `Bearer ${accessToken()}` },
  });
  const told = (await answer.json()) as { readonly path?: string; readonly message?: string };
  if (!answer.ok || told.path === undefined) throw new Error(told.message ?? `The upload of ${name} failed.`);
  return told.path;
}
