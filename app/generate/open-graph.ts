/** Opens a session over a graph whose weights lie in files, fused for its device. */
import { dirname, relative, resolve } from 'node:path';
import { encodeModel, placeInFiles } from '../onnx/encode.ts';
import { fitDevice } from '../onnx/fit-device.ts';
import { fuse } from '../onnx/fusions/index.ts';
import { asDeviceError } from '../runtime/device-reason.ts';
import { openSession } from '../runtime/open.ts';
import { watchOtherLoad } from '../runtime/other-load.ts';
import type { Session, SessionOptions } from '../runtime/session.ts';
import { type Graph, isExternal } from '../tensor/graph.ts';
import { lower } from '../tensor/lower.ts';

export interface GraphOptions
  extends Pick<SessionOptions, 'device' | 'threads' | 'pinned' | 'profile' | 'spin' | 'optimization' | 'prepack'> {
  /** Names of graph fusions to leave out. */
  readonly withoutFusions?: readonly string[];
}

/** Other programs' cores from which on busy waiting costs more than it brings. */
const QUIET = 0.5;

/** @throws UserError runtime/failed, device/unavailable */
export async function openGraph(description: Graph, options: GraphOptions): Promise<Session> {
  const otherLoad = watchOtherLoad();
  const { device = 'cpu' } = options;
  const graph = fitDevice(fuse(lower(description, device), options.withoutFusions), device);
  const folder = folderOfWeights(graph);
  const opening = openSession(encodeModel(graph, { place: folder === undefined ? undefined : placeInFiles(folder) }), {
    device,
    threads: options.threads,
    pinned: options.pinned,
    dataFolder: folder,
    profile: options.profile,
    optimization: options.optimization,
    prepack: options.prepack,
    spin: options.spin ?? (options.threads !== 1 && (await otherLoad()) < QUIET),
  });
  return opening.catch((error) => {
    throw asDeviceError(error, device, 'this model');
  });
}

/** The innermost folder that holds all files of weights. */
function folderOfWeights(graph: Graph): string | undefined {
  const folders = new Set([...graph.constants.values()].filter(isExternal).map(({ file }) => dirname(resolve(file))));
  const [first, ...others] = folders;
  let folder = first;
  while (others.some((other) => relative(folder, other).startsWith('..'))) folder = dirname(folder);
  return folder;
}
