/** ONNX messages written by hand, as other exporters write them, for what our own encoder never makes. */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

export function message(write: (w: BinaryWriter) => unknown): Uint8Array {
  const w = new BinaryWriter();
  write(w);
  return w.finish();
}

/** @param dims numbers, names, or undefined for an unknown rank */
export const value = (name: string, type: number, dims?: readonly (number | string)[]): Uint8Array =>
  message((w) => {
    w.tag(1, 2).string(name);
    const shape =
      dims &&
      message((s) => {
        for (const d of dims) {
          s.tag(1, 2).bytes(message((v) => (typeof d === 'number' ? v.tag(1, 0).int64(d) : v.tag(2, 2).string(d))));
        }
      });
    const tensor = message((t) => {
      t.tag(1, 0).int32(type);
      if (shape) t.tag(2, 2).bytes(shape);
    });
    w.tag(2, 2).bytes(message((t) => t.tag(1, 2).bytes(tensor)));
  });

export const attribute = (name: string, type: number, write: (w: BinaryWriter) => unknown): Uint8Array =>
  message((w) => {
    w.tag(1, 2).string(name);
    write(w);
    w.tag(20, 0).int32(type);
  });

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[] = [],
  domain = '',
): Uint8Array =>
  message((w) => {
    for (const x of inputs) w.tag(1, 2).string(x);
    for (const y of outputs) w.tag(2, 2).string(y);
    w.tag(4, 2).string(op);
    for (const a of attributes) w.tag(5, 2).bytes(a);
    w.tag(7, 2).string(domain);
  });

export interface GraphParts {
  readonly name?: string;
  readonly nodes: readonly Uint8Array[];
  readonly inputs?: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
  readonly initialisers?: readonly Uint8Array[];
  readonly more?: (w: BinaryWriter) => unknown;
}

export const graph = ({ name = 'g', nodes, inputs = [], outputs, initialisers = [], more }: GraphParts): Uint8Array =>
  message((w) => {
    for (const n of nodes) w.tag(1, 2).bytes(n);
    w.tag(2, 2).string(name);
    for (const t of initialisers) w.tag(5, 2).bytes(t);
    for (const i of inputs) w.tag(11, 2).bytes(i);
    for (const o of outputs) w.tag(12, 2).bytes(o);
    more?.(w);
  });

export const model = (parts: {
  readonly graph: Uint8Array;
  readonly opsets?: Readonly<Record<string, number>>;
  readonly more?: (w: BinaryWriter) => unknown;
}): Uint8Array =>
  message((w) => {
    w.tag(1, 0).int64(8);
    w.tag(7, 2).bytes(parts.graph);
    for (const [domain, version] of Object.entries(parts.opsets ?? { '': 17 })) {
      w.tag(8, 2).bytes(message((o) => o.tag(1, 2).string(domain).tag(2, 0).int64(version)));
    }
    parts.more?.(w);
  });
