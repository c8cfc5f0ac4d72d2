"""onnxruntime's own rounding to nearest, int4 in groups of 32, of an ONNX file: the peer of `lathe quantize`."""
import sys

import onnx
from onnxruntime.quantization import matmul_nbits_quantizer as nbits

source, target = sys.argv[1:]
quantizer = nbits.MatMulNBitsQuantizer(onnx.load(source), bits=4, block_size=32, is_symmetric=True, accuracy_level=4)
quantizer.process()
model = quantizer.model if hasattr(quantizer.model, "save_model_to_file") else nbits.ONNXModel(quantizer.model)
model.save_model_to_file(target, False)
print("{}")
