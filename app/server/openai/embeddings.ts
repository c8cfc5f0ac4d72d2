/** POST /v1/embeddings. */
import type { Exchange } from './generation.ts';
import { type EmbeddingRequest, eachInput } from './requests.ts';

export async function embed({ model, response, signal }: Exchange, request: EmbeddingRequest): Promise<void> {
  model.assertNamed(request.model);
  const data: object[] = [];
  let tokens = 0;
  for (const [index, input] of eachInput(request.input).entries()) {
    const ids = model.tokensOf(input, { field: 'input', most: model.embedder.maxLength });
    tokens += ids.length;
    const vector = await model.embedder.embed(ids, signal);
    const embedding =
      request.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
    data.push({ object: 'embedding', index, embedding });
  }
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ object: 'list', data, model: model.id, usage }));
}
