/**
 * k6's summary on its way through a log, where it stands among other lines, and where a line may be lost, cut or told twice:
 * pieces, a line each, every one with the place that it has and the checksum of the whole. Pure.
 */

/** Of the text in UTF-8: SHA-256, in hexadecimal digits. k6 and Node each have their own. */
type Digest = (text: string) => string;

const MARK = 'mex-summary';
/** A node cuts lines of 16 KiB in two; a character may take three bytes. */
const PIECE_CHARACTERS = 4_000;
const LINE = new RegExp(`^${MARK} (\\d+)/(\\d+) ([0-9a-f]{64}) (.*)$`, 's');

/** @param text without an end of line in it, as JSON has none */
export function frameSummary(text: string, digest: Digest): string {
  const total = Math.max(1, Math.ceil(text.length / PIECE_CHARACTERS));
  const checksum = digest(text);
  const lines = Array.from({ length: total }, (_, index) => {
    const piece = text.slice(index * PIECE_CHARACTERS, (index + 1) * PIECE_CHARACTERS);
    return `${MARK} ${index + 1}/${total} ${checksum} ${piece}\n`;
  });
  return lines.join('');
}

export class SummaryReader {
  readonly #digest: Digest;
  readonly #pieces = new Map<number, string>();
  #total = 0;
  #checksum = '';

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  /** False: the line is none of the summary's. */
  take(line: string): boolean {
    if (!line.startsWith(MARK)) return false;
    const [, index = '', total = '', checksum = '', piece = ''] = LINE.exec(line) ?? [];
    if (index === '') return true;
    this.#pieces.set(Number(index), piece);
    this.#total = Number(total);
    this.#checksum = checksum;
    return true;
  }

  /** Once nothing more comes. Empty where it did not come whole, and then why. */
  end(): { text: string; problem: string | null } {
    if (this.#total === 0) return { text: '', problem: 'k6 left no summary in its log' };
    const pieces = Array.from({ length: this.#total }, (_, index) => this.#pieces.get(index + 1));
    const found = pieces.filter((piece) => piece !== undefined);
    if (found.length < this.#total) {
      return { text: '', problem: `of k6's summary came ${found.length} of ${this.#total} pieces` };
    }
    const text = found.join('');
    if (this.#digest(text) === this.#checksum) return { text, problem: null };
    return { text: '', problem: "k6's summary did not come as it was sent: its checksum is another" };
  }
}
