/** The same through onnxruntime-node's own binding, where the graph gives out only the new rows of the cache. */
process.env.LATHE_RUNTIME = 'javascript';
const { describeDecoder } = await import('./decoder-contract.ts');

await describeDecoder('javascript');

export {};
