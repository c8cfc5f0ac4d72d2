/**
 * Drafts as long as they pay: a draft's model and its check take time too, and where a token with them takes longer than one
 * without, they rest for a while. The clock decides only when there are drafts, so it is for greedy answers, which drafts
 * leave as they are; drawn ones would no longer repeat from their seed.
 */
import type { Draft, Drafter } from './drafter.ts';

/** Rounds that are remembered of each kind. */
const REMEMBERED = 8;
/** Rounds from which a kind is judged. */
const FEWEST = 3;
/** Tokens without drafts after they did not pay: as many at first, four times as many each time they still do not, at most. */
const [SHORTEST_REST, LONGEST_REST] = [32, 512];

interface Round {
  readonly ms: number;
  readonly tokens: number;
}

/** Milliseconds a token: the median round, which a busy moment does not move, over the mean of what rounds gave. */
function costOf(rounds: readonly Round[]): number {
  const sorted = rounds.map(({ ms }) => ms).sort((a, b) => a - b);
  return (sorted[sorted.length >> 1] * rounds.length) / rounds.reduce((sum, { tokens }) => sum + tokens, 0);
}

export class PayingDrafts implements Drafter {
  readonly #drafter: Drafter;
  readonly #now: () => number;
  #plain: Round[] = [];
  #drafted: Round[] = [];
  /** The first of each kind opens and warms up what the others use. */
  readonly #warm = { plain: false, drafted: false };
  #begin: number | undefined;
  #tokens = 0;
  #kind: 'plain' | 'drafted' = 'plain';
  #rest = 0;
  #restLength = SHORTEST_REST;

  constructor(drafter: Drafter, now: () => number = () => performance.now()) {
    this.#drafter = drafter;
    this.#now = now;
  }

  add(id: number): void {
    this.#tokens += 1;
    this.#drafter.add(id);
  }

  async draft(most: number, signal?: AbortSignal): Promise<Draft> {
    this.#endRound();
    const ids = this.#wanted() ? await this.#drafter.draft(most, signal) : { ids: [] };
    this.#kind = ids.ids.length > 0 ? 'drafted' : 'plain';
    return ids;
  }

  learn(drafted: number, right: number): void {
    this.#drafter.learn(drafted, right);
  }

  #endRound(): void {
    const end = this.#now();
    if (this.#begin !== undefined && this.#tokens > 0) {
      const kind = this.#kind;
      const rounds = kind === 'plain' ? this.#plain : this.#drafted;
      if (this.#warm[kind]) rounds.push({ ms: end - this.#begin, tokens: this.#tokens });
      this.#warm[kind] = true;
      if (rounds.length > REMEMBERED) rounds.shift();
      this.#rest = Math.max(0, this.#rest - this.#tokens);
      if (kind === 'drafted') this.#judge();
    }
    this.#begin = end;
    this.#tokens = 0;
  }

  #judge(): void {
    if (this.#drafted.length < FEWEST) return;
    if (costOf(this.#drafted) <= costOf(this.#plain)) {
      this.#restLength = SHORTEST_REST;
      return;
    }
    this.#drafted = [];
    this.#rest = this.#restLength;
    this.#restLength = Math.min(LONGEST_REST, 4 * this.#restLength);
  }

  /** A few tokens come without drafts first: what they take is what drafts are measured by. */
  #wanted(): boolean {
    return this.#rest === 0 && this.#plain.length >= FEWEST;
  }
}
