/** The functions of ONNX Runtime's C API in the order of the table OrtApi, read from the text of onnxruntime_c_api.h. */

const ENTRY =
  /ORT_CLASS_RELEASE\((\w+)\)|ORT_API2_STATUS\(\s*(\w+)|ORT_API_CALL\s*\*\s*(\w+)\s*\)\s*\(|\(\s*\*\s*(\w+)\s*\)\s*\(/g;

/**
 * @param {string} header
 * @returns {{ version: number, names: string[] }}
 */
export function readOrtHeader(header) {
  const begin = header.indexOf('struct OrtApi {');
  const version = /#define ORT_API_VERSION (\d+)/.exec(header)?.[1];
  if (begin < 0 || version === undefined) throw new Error('this is not onnxruntime_c_api.h');
  const body = header
    .slice(begin, header.indexOf('\n};', begin))
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/[^\n]*/g, '')
    .replace(/^#[^\n]*/gm, '');
  const names = [...body.matchAll(ENTRY)].map((m) => (m[1] ? `Release${m[1]}` : (m[2] ?? m[3] ?? m[4])));
  return { version: Number(version), names };
}
