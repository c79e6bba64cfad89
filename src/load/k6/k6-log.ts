/**
 * Keeps what k6 said, as it said it, and its own summary: `k6-NAME.log` and `k6-NAME.summary.json`. Left out are the lines
 * of orders, whose content is the evidence. A run that is repeated keeps what the attempt before it left.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { messageOf } from '../../errors/mex-error.ts';
import type { LoadPlan } from '../load-plan.ts';

/** Iterations that all throw say some 300 bytes each. */
const LOG_CHARACTERS_MAX = 8_000_000;
const ATTEMPTS_MAX = 100;

export class K6Log {
  readonly #base: string;
  readonly #stream: WriteStream;
  #written = 0;
  #problem: string | null = null;

  private constructor(base: string, stream: WriteStream) {
    this.#base = base;
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#problem ??= `what k6 said could not be kept: ${messageOf(error)}`;
    });
  }

  static async open({ folder, name }: NonNullable<LoadPlan['logs']>): Promise<K6Log> {
    await mkdir(folder, { recursive: true });
    const base = await freeBase(join(folder, `k6-${name}`));
    return new K6Log(base, createWriteStream(logOf(base), { flags: 'a' }));
  }

  line(line: string): void {
    if (this.#written > LOG_CHARACTERS_MAX) return;
    this.#written += line.length;
    const isFull = this.#written > LOG_CHARACTERS_MAX;
    this.#stream.write(
      isFull ? `${sentence(`mex keeps no more than ${LOG_CHARACTERS_MAX} characters`)}\n` : `${line}\n`,
    );
  }

  /** Something that mex itself has to say of k6. */
  say(text: string): void {
    this.line(sentence(text));
  }

  /** @returns what could not be kept, and why; null: everything was */
  async close(summary: string): Promise<string | null> {
    this.#stream.end();
    await finished(this.#stream).catch(() => undefined);
    if (summary === '') return this.#problem;
    await writeFile(`${this.#base}.summary.json`, summary).catch((thrown: unknown) => {
      this.#problem ??= `k6's summary could not be kept: ${messageOf(thrown)}`;
    });
    return this.#problem;
  }
}

const logOf = (base: string): string => `${base}.log`;

/** Makes the log, so that two attempts never write the same one. */
async function freeBase(wanted: string): Promise<string> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const base = attempt === 1 ? wanted : `${wanted}-attempt${attempt}`;
    try {
      await (await open(logOf(base), 'wx')).close();
      return base;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
  }
  throw new Error(`${wanted}.log is there ${ATTEMPTS_MAX} times`);
}

/** In the form of k6's own lines. */
function sentence(text: string): string {
  return JSON.stringify({ level: 'info', msg: text, source: 'mex' });
}
