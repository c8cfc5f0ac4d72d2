/** The typed values of GGUF metadata. */

export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

export type GgufValue =
  | {
      readonly type: 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';
      readonly value: number;
    }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | GgufArray;

export type GgufArray =
  | {
      readonly type: 'array';
      readonly items: 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';
      readonly value: readonly number[];
    }
  | { readonly type: 'array'; readonly items: 'uint64' | 'int64'; readonly value: readonly bigint[] }
  | { readonly type: 'array'; readonly items: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly items: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly items: 'array'; readonly value: readonly GgufArray[] };

export type GgufMetadata = ReadonlyMap<string, GgufValue>;
