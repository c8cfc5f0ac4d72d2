/** Models found on the hub, each with whether it would run here. */
import type { HubModel } from '../contract/models.ts';
import { ARCHITECTURES } from '../models/architectures/index.ts';
import { hubSettings, searchModels } from '../models/hub/index.ts';

export interface HubQuery {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly signal?: AbortSignal;
}

/** Float32 weights, laid out anew by the runtime, and room for everything else. */
const BYTES_TO_RUN = 1.6 * 4;
/** As stored on the hub: half precision. */
const BYTES_STORED = 2;

/** @throws UserError hub/* */
export async function findHubModels(query: string, limit: number, where: HubQuery): Promise<HubModel[]> {
  const found = await searchModels(query, limit, hubSettings(where.environment), where.signal);
  return found.map(({ repo, downloads, likes, gated, updated, architecture, parameters, licence }) => ({
    repo,
    downloads,
    likes,
    gated,
    updatedAt: updated,
    architecture,
    supported: architecture === undefined ? undefined : ARCHITECTURES.some((a) => a.modelTypes.includes(architecture)),
    parameters,
    licence,
    sizeBytes: parameters === undefined ? undefined : BYTES_STORED * parameters,
    ...fitOf(parameters, where),
  }));
}

function fitOf(
  parameters: number | undefined,
  { memoryBytes, diskBytes }: HubQuery,
): Pick<HubModel, 'fits' | 'reason'> {
  if (parameters === undefined) return { fits: 'unknown', reason: 'The hub does not say how large it is.' };
  const giga = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const [needed, stored] = [BYTES_TO_RUN * parameters, BYTES_STORED * parameters];
  if (stored > diskBytes)
    return { fits: 'no', reason: `Needs ${giga(stored)} on the disk, ${giga(diskBytes)} are free.` };
  const reason = `Needs about ${giga(needed)} of memory to run; this machine has ${giga(memoryBytes)}.`;
  if (needed > memoryBytes) return { fits: 'no', reason };
  return { fits: needed > 0.7 * memoryBytes ? 'tight' : 'yes', reason };
}
