/**
 * Source text for apps that loads exactly this export: its file, its inputs and outputs with their types and shapes. The file
 * is model.onnx: a .ort spells out the operators' newest attributes, which releases older than its writer refuse (Android's
 * 1.29 did, of files of 1.30, where model.onnx ran in 1.20 too).
 */
import type { Graph } from '../tensor/graph.ts';

interface End {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

const endsOf = (values: Graph['inputs']): End[] =>
  values.map(({ name, dtype, shape }) => ({ name, type: dtype, shape: shape ?? [] }));

/** What an app feeds for a first run over `length` tokens: zeros of these lengths for the free axes. */
const lengths = ({ shape }: End): string[] =>
  shape.map((axis) => {
    if (typeof axis === 'number') return String(axis);
    if (/^past/.test(axis)) return '0';
    return /^batch/.test(axis) ? '1' : 'length';
  });

/** By file name. */
export function appSamples(graph: Graph): Record<string, string> {
  const [inputs, outputs] = [endsOf(graph.inputs), endsOf(graph.outputs)];
  const output = outputs[0];
  const about = [
    ...inputs.map(({ name, type, shape }) => `input  ${name}: ${type} [${shape.join(', ')}]`),
    ...outputs.map(({ name, type, shape }) => `output ${name}: ${type} [${shape.join(', ')}]`),
  ].map((line) => `// ${line}`);
  const text = (lines: readonly string[]) => `${[...about, '', ...lines].join('\n')}\n`;
  return {
    'LatheModel.kt': text(kotlin(inputs, output)),
    'LatheModel.swift': text(swift(inputs, output)),
    'latheModel.ts': text(reactNative(inputs, output)),
  };
}

/** The values of an input: token ids as they come, a mask of ones, positions, zeros for the rest. */
const roleOf = ({ name, type }: End): 'ids' | 'mask' | 'positions' | 'zeros' | 'empty' => {
  if (name === 'input_ids') return 'ids';
  if (name === 'attention_mask') return 'mask';
  if (name === 'position_ids') return 'positions';
  return type === 'int64' ? 'zeros' : 'empty';
};

function kotlin(inputs: readonly End[], output: End): string[] {
  const values = {
    ids: 'LongBuffer.wrap(ids)',
    mask: 'LongBuffer.wrap(LongArray(ids.size) { 1L })',
    positions: 'LongBuffer.wrap(LongArray(ids.size) { it.toLong() })',
    zeros: 'LongBuffer.wrap(LongArray(ids.size))',
    empty: 'FloatBuffer.allocate(0)',
  };
  return [
    '// build.gradle: implementation("com.microsoft.onnxruntime:onnxruntime-android:1.+"); model.onnx lies in assets.',
    'import ai.onnxruntime.OnnxTensor',
    'import ai.onnxruntime.OrtEnvironment',
    'import android.content.Context',
    'import java.nio.FloatBuffer',
    'import java.nio.LongBuffer',
    '',
    'class LatheModel(context: Context) : AutoCloseable {',
    '    private val environment = OrtEnvironment.getEnvironment()',
    '    private val session = environment.createSession(context.assets.open("model.onnx").use { it.readBytes() })',
    '',
    `    /** ${output.name} [${output.shape.join(', ')}] after the tokens [ids], row after row. */`,
    '    fun run(ids: LongArray): FloatArray {',
    '        val length = ids.size.toLong()',
    '        val inputs = mapOf(',
    ...inputs.map((end) => {
      const shape = lengths(end).map((axis) => (axis === 'length' ? axis : `${axis}L`));
      return `            "${end.name}" to OnnxTensor.createTensor(environment, ${values[roleOf(end)]}, longArrayOf(${shape.join(', ')})),`;
    }),
    '        )',
    '        try {',
    '            session.run(inputs).use { result ->',
    `                val buffer = (result.get("${output.name}").get() as OnnxTensor).floatBuffer`,
    '                return FloatArray(buffer.remaining()).also { buffer.get(it) }',
    '            }',
    '        } finally {',
    '            inputs.values.forEach { it.close() }',
    '        }',
    '    }',
    '',
    '    override fun close() = session.close()',
    '}',
  ];
}

function swift(inputs: readonly End[], output: End): string[] {
  const values = {
    ids: 'longs(ids)',
    mask: 'longs(ids.map { _ in 1 })',
    positions: 'longs((0..<ids.count).map { Int64($0) })',
    zeros: 'longs(ids.map { _ in 0 })',
    empty: 'NSMutableData()',
  };
  return [
    '// Package onnxruntime-swift-package-manager (or pod onnxruntime-objc); model.onnx is in the bundle.',
    'import Foundation',
    'import OnnxRuntimeBindings',
    '',
    'final class LatheModel {',
    '    private let environment: ORTEnv',
    '    private let session: ORTSession',
    '',
    '    init() throws {',
    '        environment = try ORTEnv(loggingLevel: .warning)',
    '        let path = Bundle.main.path(forResource: "model", ofType: "onnx")!',
    '        session = try ORTSession(env: environment, modelPath: path, sessionOptions: nil)',
    '    }',
    '',
    '    private func longs(_ values: [Int64]) -> NSMutableData {',
    '        values.withUnsafeBytes { NSMutableData(bytes: $0.baseAddress!, length: $0.count) }',
    '    }',
    '',
    `    /// ${output.name} [${output.shape.join(', ')}] after the tokens, row after row.`,
    '    func run(ids: [Int64]) throws -> [Float] {',
    '        let length = NSNumber(value: ids.count)',
    '        let inputs: [String: ORTValue] = [',
    ...inputs.map((end) => {
      const type = end.type === 'int64' ? '.int64' : '.float';
      return `            "${end.name}": try ORTValue(tensorData: ${values[roleOf(end)]}, elementType: ${type}, shape: [${lengths(end).join(', ')}]),`;
    }),
    '        ]',
    `        let result = try session.run(withInputs: inputs, outputNames: ["${output.name}"], runOptions: nil)`,
    `        let data = try result["${output.name}"]!.tensorData() as Data`,
    '        return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }',
    '    }',
    '}',
  ];
}

function reactNative(inputs: readonly End[], output: End): string[] {
  const values = {
    ids: 'BigInt64Array.from(ids, BigInt)',
    mask: 'new BigInt64Array(length).fill(1n)',
    positions: 'BigInt64Array.from(ids, (_, i) => BigInt(i))',
    zeros: 'new BigInt64Array(length)',
    empty: 'new Float32Array(0)',
  };
  return [
    '// npm install onnxruntime-react-native; path: where the app unpacked model.onnx.',
    "import { InferenceSession, Tensor } from 'onnxruntime-react-native';",
    '',
    'export const openModel = (path: string): Promise<InferenceSession> => InferenceSession.create(path);',
    '',
    `/** ${output.name} [${output.shape.join(', ')}] after the tokens, row after row. */`,
    'export async function run(session: InferenceSession, ids: readonly number[]): Promise<Float32Array> {',
    '  const length = ids.length;',
    '  const result = await session.run({',
    ...inputs.map((end) => {
      const type = end.type === 'int64' ? 'int64' : 'float32';
      return `    '${end.name}': new Tensor('${type}', ${values[roleOf(end)]}, [${lengths(end).join(', ')}]),`;
    }),
    '  });',
    `  return result['${output.name}'].data as Float32Array;`,
    '}',
  ];
}
