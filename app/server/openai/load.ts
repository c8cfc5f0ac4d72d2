/** What the server has done and is doing: for /health, and as Prometheus's text format for /metrics. */
import type { Batch } from '../../generate/batch/batch.ts';

const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

class Histogram {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;

  add(seconds: number): void {
    const place = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[place < 0 ? BOUNDS.length : place] += 1;
    this.#sum += seconds;
  }

  lines(name: string, help: string): string[] {
    let total = 0;
    const buckets = this.#counts.map((count, i) => {
      total += count;
      return `${name}_bucket{le="${BOUNDS[i] ?? '+Inf'}"} ${total}`;
    });
    return [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} histogram`,
      ...buckets,
      `${name}_sum ${this.#sum}`,
      `${name}_count ${total}`,
    ];
  }
}

/** Tokens a second are those of the last so many milliseconds. */
const WINDOW_MS = 5000;

export class Load {
  readonly begun = Date.now();
  readonly firstToken = new Histogram();
  readonly duration = new Histogram();
  /** Answers of a cascade, by the model that gave them. */
  readonly #givenBy = new Map<'small' | 'large', number>();
  #cancelled = 0;
  readonly #answers = new Map<string, number>();
  #recent: { readonly at: number; readonly tokens: number }[] = [];

  answered(route: string, status: number): void {
    const labels = `{route="${route}",status="${status}"}`;
    this.#answers.set(labels, (this.#answers.get(labels) ?? 0) + 1);
  }

  cancelled(): void {
    this.#cancelled += 1;
  }

  givenBy(which: 'small' | 'large'): void {
    this.#givenBy.set(which, (this.#givenBy.get(which) ?? 0) + 1);
  }

  token(): void {
    const at = Date.now();
    const last = this.#recent.at(-1);
    // One entry a tenth of a second.
    if (last && at - last.at < 100) this.#recent[this.#recent.length - 1] = { at: last.at, tokens: last.tokens + 1 };
    else this.#recent.push({ at, tokens: 1 });
    if (this.#recent.length > (2 * WINDOW_MS) / 100) this.#recent = this.#recent.slice(-WINDOW_MS / 100);
  }

  get tokensPerSecond(): number {
    const since = Date.now() - WINDOW_MS;
    const tokens = this.#recent.filter(({ at }) => at >= since).reduce((sum, one) => sum + one.tokens, 0);
    return (1000 * tokens) / WINDOW_MS;
  }

  /** For people and for the window. */
  summary(batch: Batch | undefined): object {
    // Questions about its health are none.
    const requests = [...this.#answers].reduce((sum, [labels, n]) => sum + (labels.includes('"/v1/') ? n : 0), 0);
    return {
      running: batch?.active ?? 0,
      waiting: batch?.waiting ?? 0,
      tokensPerSecond: this.tokensPerSecond,
      requests,
      cancelled: this.#cancelled,
      promptTokens: batch?.counts.promptTokens ?? 0,
      cachedTokens: batch?.counts.cachedTokens ?? 0,
      completionTokens: batch?.counts.tokens ?? 0,
      memoryBytes: process.memoryUsage.rss(),
      upSeconds: Math.round((Date.now() - this.begun) / 1000),
    };
  }

  metrics(batch: Batch | undefined): string {
    const one = (name: string, kind: 'counter' | 'gauge', help: string, value: number) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${kind}`,
      `${name} ${value}`,
    ];
    const {
      promptTokens = 0,
      cachedTokens = 0,
      tokens = 0,
      steps = 0,
      drafted = 0,
      accepted = 0,
    } = batch?.counts ?? {};
    return [
      '# HELP lathe_requests_total Answered requests.',
      '# TYPE lathe_requests_total counter',
      ...[...this.#answers].map(([labels, count]) => `lathe_requests_total${labels} ${count}`),
      ...(this.#givenBy.size > 0
        ? [
            '# HELP lathe_cascade_answers_total Answers of a cascade, by the model that gave them.',
            '# TYPE lathe_cascade_answers_total counter',
            ...[...this.#givenBy].map(([which, count]) => `lathe_cascade_answers_total{model="${which}"} ${count}`),
          ]
        : []),
      ...one('lathe_requests_cancelled_total', 'counter', 'Requests whose client left.', this.#cancelled),
      ...one('lathe_requests_running', 'gauge', 'Sequences in the batch.', batch?.active ?? 0),
      ...one('lathe_requests_waiting', 'gauge', 'Requests in the queue.', batch?.waiting ?? 0),
      ...one('lathe_prompt_tokens_total', 'counter', 'Tokens of prompts.', promptTokens),
      ...one('lathe_cached_tokens_total', 'counter', 'Tokens of prompts that lay in the cache.', cachedTokens),
      ...one('lathe_completion_tokens_total', 'counter', 'Tokens generated.', tokens),
      ...one('lathe_batch_steps_total', 'counter', 'Steps of the batch.', steps),
      ...one('lathe_drafted_tokens_total', 'counter', 'Tokens that drafts proposed.', drafted),
      ...one('lathe_accepted_tokens_total', 'counter', 'Drafted tokens that came.', accepted),
      ...one('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
      ...this.firstToken.lines('lathe_first_token_seconds', 'From a request to its first token.'),
      ...this.duration.lines('lathe_request_seconds', 'From a request to the end of its answer.'),
      '',
    ].join('\n');
  }
}
