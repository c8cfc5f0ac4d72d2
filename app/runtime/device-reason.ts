/** Why a device does not do its work, in as few words as ONNX Runtime's own message holds. */
import { UserError } from '../contract/errors.ts';
import type { Device } from './session.ts';

/** The place in its source that failed comes first, a list of all it could be built with last. */
export const deviceReason = (message: string): string =>
  message
    .split('\n')[0]
    .replace(/^ONNX Runtime: /, '')
    .replace(/^\/\S+:\d+ .* was false\. /, '')
    .replace(/^Non-zero status code .* Status Message: (\S+:\d+ )?/, '')
    .replace(/\. Currently supported values are .*$/, '')
    .trim();

/**
 * What a device said no to, as an error of that device; anything else as it is.
 * @param work "this model"
 */
export function asDeviceError(error: unknown, device: Device, work: string): unknown {
  if (device === 'cpu' || !(error instanceof UserError) || error.code !== 'runtime/failed') return error;
  const text = `${device} does not run ${work} here: ${deviceReason(error.message)}`;
  return new UserError('device/unavailable', text, { cause: error });
}
