/** What ONNX Runtime says at length is told in short, as the device's own error. */
import { expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { asDeviceError, deviceReason } from '../../app/runtime/device-reason.ts';

const NO_ADAPTER =
  'ONNX Runtime: /onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters';
const NO_HALVES =
  "ONNX Runtime: Non-zero status code returned while running Cast node. Name:'Cast_4' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.";

it.each([
  [NO_ADAPTER, 'Failed to get a WebGPU adapter: No supported adapters'],
  [NO_HALVES, 'GenerateSourceCode Program Cast requires f16 but the device does not support it.'],
  [
    "ONNX Runtime: Unknown provider name 'CUDA'. Currently supported values are 'DML', 'CPU'.",
    "Unknown provider name 'CUDA'",
  ],
  ['out of memory', 'out of memory'],
])('%s', (message, reason) => {
  expect(deviceReason(message)).toBe(reason);
});

it('leaves the processor’s errors and those of others as they are', () => {
  const failed = new UserError('runtime/failed', NO_HALVES);
  expect(asDeviceError(failed, 'webgpu', 'this training')).toMatchObject({
    code: 'device/unavailable',
    message: expect.stringMatching(/^webgpu does not run this training here: .*f16/),
    cause: failed,
  });
  expect(asDeviceError(failed, 'cpu', 'this model')).toBe(failed);
  const other = new UserError('weights/missing', 'the weight w is missing');
  expect(asDeviceError(other, 'webgpu', 'this model')).toBe(other);
});
