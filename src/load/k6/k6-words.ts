/** What k6 complained of, counted: as the end of a sentence that says why it failed, and as notes of a load that it sent. Pure. */
import type { Said } from './k6-lines.ts';

/** Different complaints that are kept; one more is only counted. */
const KEPT_MAX = 5;
const CHARACTERS_MAX = 300;
const REMOTE_WRITE = 'Prometheus remote write';
/** Of the same, the only output that mex asks for: k6 could not say at the end that its series are over. */
const AT_ITS_END = /^Stopping output \d+ failed/;
/** Thresholds are told by the verdicts. */
const OF_THRESHOLDS = /^thresholds on metrics .* have been crossed/;
/** Only mex tells k6 so, and says why. */
const BY_MEX = 'test run stopped from REST API';

export class K6Words {
  readonly #complaints = new Map<string, number>();
  #others = 0;
  #refused = { count: 0, text: '' };
  #last = '';

  take({ level, text, output }: Said): void {
    if (level !== 'error' && level !== 'warning' && level !== 'fatal') return;
    const words = text.replace(/\s+/g, ' ').slice(0, CHARACTERS_MAX);
    if (OF_THRESHOLDS.test(words) || words === BY_MEX) return;
    if (output === REMOTE_WRITE || AT_ITS_END.test(words)) {
      this.#refused = { count: this.#refused.count + 1, text: words };
      return;
    }
    this.#last = words;
    const count = this.#complaints.get(words);
    if (count === undefined && this.#complaints.size >= KEPT_MAX) this.#others++;
    else this.#complaints.set(words, (count ?? 0) + 1);
  }

  /** To follow a sentence; empty if there was nothing to complain of. */
  get last(): string {
    return this.#last === '' ? '' : `: ${this.#last}`;
  }

  /** @param remoteWriteUrl where k6 pushed its metrics */
  notes(remoteWriteUrl: string | undefined): string[] {
    const notes = [...this.#complaints].map(([words, count]) => `k6 said ${times(count)}: ${words}`);
    if (this.#others > 0) notes.push(`k6 said ${this.#others} more things; its log has them`);
    if (this.#refused.count > 0) notes.push(this.#refusal(remoteWriteUrl));
    return notes;
  }

  #refusal(url: string | undefined): string {
    const { count, text } = this.#refused;
    const where = url === undefined ? '' : ` to ${withoutPassword(url)}`;
    return (
      `k6's remote write${where} complained ${times(count)}, last: ${text}. ` +
      'Its series in that Prometheus have gaps there; what mex measured does not come from them'
    );
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
