/**
 * In a page with onnxruntime-web: the same texts, one by one and in turns, through the exported file of an adaptive classifier,
 * a file of the same with thresholds that are never met, and the whole model's own file.
 */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/**
 * @param {{ files: Record<'adaptive' | 'never' | 'whole', string>, rounds: number, texts: number[][] }} request with addresses
 * @returns of each text the answers, the layer after which it left, and the median milliseconds of each way
 */
export async function timeExits(ort, { files, rounds, texts }) {
  const open = async (address) =>
    ort.InferenceSession.create(new Uint8Array(await (await fetch(address)).arrayBuffer()), {
      executionProviders: ['wasm'],
    });
  const sessions = {};
  for (const [name, address] of Object.entries(files)) sessions[name] = await open(address);
  const found = [];
  for (const ids of texts) {
    const filled = (value) => new ort.Tensor('int64', BigInt64Array.from(ids, value), [1, ids.length]);
    const all = { input_ids: filled(BigInt), attention_mask: filled(() => 1n), token_type_ids: filled(() => 0n) };
    const feedsOf = ({ inputNames }) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => inputNames.includes(name)));
    const times = { adaptive: [], never: [], whole: [] };
    let answer;
    // The first round only warms up.
    for (let round = -1; round < rounds; round++) {
      const names = round % 2 === 0 ? Object.keys(files) : Object.keys(files).reverse();
      for (const name of names) {
        const begin = performance.now();
        const outputs = await sessions[name].run(feedsOf(sessions[name]));
        if (round >= 0) times[name].push(performance.now() - begin);
        if (name === 'adaptive') answer = outputs;
      }
    }
    const milliseconds = Object.fromEntries(Object.entries(times).map(([name, taken]) => [name, median(taken)]));
    found.push({ logits: [...answer.logits.data], layer: Number(answer.exit_layer.data[0]), milliseconds });
  }
  return found;
}
