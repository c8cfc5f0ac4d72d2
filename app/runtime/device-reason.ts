/** Why a device did not open, in as few words as ONNX Runtime's own message holds. */

/** The place in its source that failed comes first, a list of all it could be built with last. */
export const deviceReason = (message: string): string =>
  message
    .split('\n')[0]
    .replace(/^ONNX Runtime: /, '')
    .replace(/^\/\S+:\d+ .* was false\. /, '')
    .replace(/\. Currently supported values are .*$/, '')
    .trim();
