/** What somebody types to name a model of the hub: a short name, or `owner/name`, each with `@revision` if wanted. */
import { UserError } from '../../contract/errors.ts';
import { safeId } from '../library.ts';
import { CATALOGUE } from './catalogue.ts';

export interface HubReference {
  /** owner/name */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** What the model is called in the library. */
  readonly id: string;
}

const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

/** @throws UserError arguments/invalid for text that names no model of the hub */
export function parseReference(text: string): HubReference {
  const [name, revision = 'main', ...rest] = text.trim().split('@');
  const known = CATALOGUE.find(({ id, repo }) => id === name.toLowerCase() || repo === name);
  const repo = known?.repo ?? name;
  const parts = repo.split('/');
  const legal = parts.length === 2 && parts.every((part) => PART.test(part) && !part.includes('..'));
  if (!legal || rest.length > 0 || !REVISION.test(revision) || revision.includes('..')) {
    const short = CATALOGUE.map(({ id }) => id).join(', ');
    throw new UserError(
      'arguments/invalid',
      `"${text}" names no model of the hub: give owner/name, owner/name@revision, or one of ${short}`,
    );
  }
  return { repo, revision, id: known?.id ?? safeId(parts[1]) };
}
