/** A tensor of ours as ONNX Runtime sees it: the same memory, kept alive for as long as the runtime may touch it. */
import koffi from 'koffi';
import { CAST_CODES } from '../../tensor/cast-codes.ts';
import { byteLength, type DType, TYPED_ARRAYS, type TypedArray } from '../../tensor/dtype.ts';
import { sizeOf, type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Environment } from './environment.ts';
import type { Pointer } from './library.ts';

/** Stands for the memory of empty tensors, which have none. */
const NOTHING = new Uint8Array(new ArrayBuffer(64));

export class RuntimeValue {
  readonly handle: Pointer;
  readonly #environment: Environment;
  /** Held so that the memory is not collected while the runtime has its address. */
  readonly memory: readonly unknown[];

  constructor(environment: Environment, { dtype, shape, data }: Tensor) {
    this.#environment = environment;
    // Touching `.buffer` moves small typed arrays out of the V8 heap, where they could be moved.
    const { buffer } = data;
    if ((buffer as { resizable?: boolean }).resizable) throw new TypeError('resizable buffers may move');
    this.memory = [data, buffer];
    const address = koffi.address(data.byteLength === 0 ? NOTHING : data);
    const code = CAST_CODES[dtype];
    const dims = shape.length === 0 ? [0] : shape;
    this.handle = environment.library.make(
      'CreateTensorWithDataAsOrtValue',
      environment.cpu,
      address,
      data.byteLength,
      dims,
      shape.length,
      code,
    );
  }

  release(): void {
    this.#environment.library.plain('ReleaseValue', this.handle);
  }
}

const BY_CODE = new Map(Object.entries(CAST_CODES).map(([dtype, code]) => [code, dtype as DType]));

/** Bytes that koffi reads at once. */
const LONGEST = 2 ** 26;

/** A copy of a tensor that the runtime made. */
export function copyOut(environment: Environment, handle: Pointer): Tensor {
  const { library } = environment;
  const info = library.make('GetTensorTypeAndShape', handle);
  const code = library.number('GetTensorElementType', info);
  const rank = library.number('GetDimensionsCount', info);
  const dims = new BigInt64Array(Math.max(rank, 1));
  library.call('GetDimensions', info, dims, rank);
  library.plain('ReleaseTensorTypeAndShapeInfo', info);
  const dtype = BY_CODE.get(code);
  if (!dtype) throw new Error(`the runtime gave a tensor of the ONNX type ${code}, which is not known`);
  const shape = Array.from(dims.subarray(0, rank), Number);
  const bytes = byteLength(dtype, sizeOf(shape));
  const copy = new ArrayBuffer(bytes);
  if (bytes > 0) {
    const address = library.make('GetTensorMutableData', handle);
    const target = new Uint8Array(copy);
    for (let at = 0; at < bytes; at += LONGEST) {
      const part = koffi.array('uint8_t', Math.min(LONGEST, bytes - at), 'Typed');
      target.set(koffi.decode(address, at, part) as Uint8Array, at);
    }
  }
  return tensor(dtype, shape, new TYPED_ARRAYS[dtype](copy) as TypedArray);
}
