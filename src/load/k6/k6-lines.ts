/** k6's stderr, a JSON object a line, sorted: an order that its script tells, or something that is said. Pure. */

export interface Said {
  /** k6's own: `info`, `warning`, `error` … What is no JSON, as a panic is, counts as an error. */
  level: string;
  text: string;
  /** k6's prefix for who says it, where it has one: `Prometheus remote write`. */
  output: string | undefined;
  /** As it came. */
  line: string;
}

export interface K6LineReader {
  /** What the script told of one order: a JSON array. */
  order(text: string): void;
  said(said: Said): void;
}

/** A longer line is cut here: a program that never ends a line must not fill the memory. */
const LINE_CHARACTERS_MAX = 1_000_000;

export class K6Lines {
  readonly #reader: K6LineReader;
  #rest = '';

  constructor(reader: K6LineReader) {
    this.#reader = reader;
  }

  /** A piece of the output; a line may come in two. */
  take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#rest.length > LINE_CHARACTERS_MAX) this.end();
  }

  /** Nothing more comes. */
  end(): void {
    const line = this.#rest;
    this.#rest = '';
    this.#line(line);
  }

  #line(line: string): void {
    if (line.trim() === '') return;
    const { level = 'error', msg = line, error, output, source } = wordsOf(line);
    if (source === 'console' && level === 'info' && msg.startsWith('[')) this.#reader.order(msg);
    else this.#reader.said({ level, output, line, text: error === undefined ? msg.trim() : `${msg.trim()}: ${error}` });
  }
}

type Words = Partial<Record<'level' | 'msg' | 'error' | 'output' | 'source', string>>;

function wordsOf(line: string): Words {
  try {
    const found: unknown = JSON.parse(line);
    if (typeof found !== 'object' || found === null || !('msg' in found)) return {};
    return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === 'string'));
  } catch {
    return {};
  }
}
