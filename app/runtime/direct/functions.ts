/** The functions of ONNX Runtime's C API that Lathe calls, with their types in koffi's notation. */
import koffi from 'koffi';
import type { API_INDICES } from './api-indices.ts';

export const POINTER = 'void *';
/** A function that returns an OrtStatus: null, or an error to be read and released. */
const STATUS = 'void *';
const OUT = koffi.out(koffi.pointer(POINTER));
const OUT_SIZE = koffi.out(koffi.pointer('size_t'));
const OUT_INT = koffi.out(koffi.pointer('int'));
const PATH = process.platform === 'win32' ? 'str16' : 'str';
const P = POINTER;

type Type = string | ReturnType<typeof koffi.out>;

/** name: [result, arguments] */
export const SIGNATURES = {
  GetErrorCode: ['int', [P]],
  GetErrorMessage: ['str', [P]],
  ReleaseStatus: ['void', [P]],
  CreateEnv: [STATUS, ['int', 'str', OUT]],
  ReleaseEnv: ['void', [P]],
  CreateArenaCfgV2: [STATUS, ['const char **', 'size_t *', 'size_t', OUT]],
  ReleaseArenaCfg: ['void', [P]],
  CreateAndRegisterAllocator: [STATUS, [P, P, P]],
  UnregisterAllocator: [STATUS, [P, P]],
  GetAvailableProviders: [STATUS, [OUT, OUT_INT]],
  ReleaseAvailableProviders: [STATUS, [P, 'int']],
  CreateSessionOptions: [STATUS, [OUT]],
  ReleaseSessionOptions: ['void', [P]],
  SetSessionGraphOptimizationLevel: [STATUS, [P, 'int']],
  SetIntraOpNumThreads: [STATUS, [P, 'int']],
  SetInterOpNumThreads: [STATUS, [P, 'int']],
  DisableMemPattern: [STATUS, [P]],
  AddSessionConfigEntry: [STATUS, [P, 'str', 'str']],
  EnableProfiling: [STATUS, [P, PATH]],
  SessionOptionsAppendExecutionProvider: [STATUS, [P, 'str', 'const char **', 'const char **', 'size_t']],
  CreateSession: [STATUS, [P, PATH, P, OUT]],
  CreateSessionFromArray: [STATUS, [P, P, 'size_t', P, OUT]],
  ReleaseSession: ['void', [P]],
  SessionEndProfiling: [STATUS, [P, P, OUT]],
  SessionGetInputCount: [STATUS, [P, OUT_SIZE]],
  SessionGetOutputCount: [STATUS, [P, OUT_SIZE]],
  SessionGetInputName: [STATUS, [P, 'size_t', P, OUT]],
  SessionGetOutputName: [STATUS, [P, 'size_t', P, OUT]],
  GetAllocatorWithDefaultOptions: [STATUS, [OUT]],
  AllocatorFree: [STATUS, [P, P]],
  CreateCpuMemoryInfo: [STATUS, ['int', 'int', OUT]],
  ReleaseMemoryInfo: ['void', [P]],
  CreateMemoryInfo: [STATUS, ['str', 'int', 'int', 'int', OUT]],
  CreateAllocator: [STATUS, [P, P, OUT]],
  ReleaseAllocator: ['void', [P]],
  CreateTensorAsOrtValue: [STATUS, [P, 'int64_t *', 'size_t', 'int', OUT]],
  CreateTensorWithDataAsOrtValue: [STATUS, [P, P, 'size_t', 'int64_t *', 'size_t', 'int', OUT]],
  ReleaseValue: ['void', [P]],
  GetTensorMutableData: [STATUS, [P, OUT]],
  GetTensorTypeAndShape: [STATUS, [P, OUT]],
  GetTensorElementType: [STATUS, [P, OUT_INT]],
  GetDimensionsCount: [STATUS, [P, OUT_SIZE]],
  GetDimensions: [STATUS, [P, P, 'size_t']],
  ReleaseTensorTypeAndShapeInfo: ['void', [P]],
  CreateRunOptions: [STATUS, [OUT]],
  ReleaseRunOptions: ['void', [P]],
  RunOptionsSetTerminate: [STATUS, [P]],
  CreateIoBinding: [STATUS, [P, OUT]],
  ReleaseIoBinding: ['void', [P]],
  BindInput: [STATUS, [P, 'str', P]],
  BindOutput: [STATUS, [P, 'str', P]],
  BindOutputToDevice: [STATUS, [P, 'str', P]],
  GetBoundOutputNames: [STATUS, [P, P, OUT, OUT, OUT_SIZE]],
  GetBoundOutputValues: [STATUS, [P, P, OUT, OUT_SIZE]],
  RunWithBinding: [STATUS, [P, P, P]],
} as const satisfies Record<keyof typeof API_INDICES, readonly [Type, readonly Type[]]>;

export type FunctionName = keyof typeof SIGNATURES;
