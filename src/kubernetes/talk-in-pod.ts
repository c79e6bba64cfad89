/**
 * A program in a container that is talked to: lines in, lines out, until one side ends it.
 *
 * Guarantees: every wait has a limit, and an end of the program, of the connection or of mex ends the waiting. When the
 * connection is gone, for whatever reason, the program's input ends; what it then does is its own affair.
 */
import type { WebSocket } from 'undici';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { parseStatus } from './api-refusal.ts';
import { pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { ContainerRef } from './pod-logs.ts';

export interface TalkRequest extends ContainerRef {
  /** Program and arguments; no shell. */
  argv: readonly string[];
  /** For errors: `stop java`. */
  purpose: string;
}

export interface PodTalk {
  say(line: string): void;
  /** The next line that it says. @throws MexError where none came in time, or it has ended, with its last words */
  hear(limitMs: number): Promise<string>;
  /** Lines that were said and not heard yet; true: it has ended. */
  pending(): { lines: string[]; ended: boolean };
  hangUp(): void;
}

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
const OPEN_MS_MAX = 15_000;
/** It says a line now and then; one that floods is hung up on. */
const TEXT_CHARS_MAX = 100_000;

/** @throws MexError exit 5 where it could not be started; the signal's reason. */
export async function talkInPod(api: KubeApi, request: TalkRequest, signal: AbortSignal): Promise<PodTalk> {
  signal.throwIfAborted();
  const { namespace, pod, container, argv, purpose } = request;
  const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', stderr: 'true' });
  for (const argument of argv) query.append('command', argument);
  const path = `${pathOf({ kind: 'Pod', name: pod, namespace })}/exec`;
  const attempt = `${purpose} in pod ${namespace}/${pod}`;
  const socket = await api.socket(`${path}?${query}`, PROTOCOLS);
  const talk = new Talk(socket, attempt);
  const opened = await talk.opened(AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS_MAX)]));
  if (opened) return talk;
  talk.hangUp();
  signal.throwIfAborted();
  // A WebSocket does not say why it was refused; the same path without one does.
  await api.request({ attempt, method: 'GET', path, query: Object.fromEntries(query) }, signal);
  throw failed(attempt, 'the connection was not made');
}

class Talk implements PodTalk {
  readonly #socket: WebSocket;
  readonly #attempt: string;
  readonly #opening: Promise<boolean>;
  readonly #text: Record<number, string> = {};
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: WebSocket, attempt: string) {
    this.#socket = socket;
    this.#attempt = attempt;
    this.#opening = new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true));
      socket.addEventListener('close', () => resolve(false));
    });
    // Without a listener an error would be thrown; what it says is said by `close`, too.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', () => this.#end());
    socket.addEventListener('message', ({ data }) => this.#take(Buffer.from(data as ArrayBuffer)));
  }

  opened(limit: AbortSignal): Promise<boolean> {
    const given = new Promise<boolean>((resolve) => limit.addEventListener('abort', () => resolve(false)));
    return Promise.race([this.#opening, given, ...(limit.aborted ? [false] : [])]);
  }

  say(line: string): void {
    if (!this.#ended) this.#socket.send(Buffer.concat([Buffer.from([STDIN]), Buffer.from(`${line}\n`)]));
  }

  async hear(limitMs: number): Promise<string> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const line = this.#nextLine();
      if (line !== undefined) return line;
      if (this.#ended) throw failed(this.#attempt, this.#lastWords());
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) throw failed(this.#attempt, `it said nothing for ${limitMs / 1_000} s`);
      await this.#something(leftMs);
    }
  }

  pending(): { lines: string[]; ended: boolean } {
    const lines: string[] = [];
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) lines.push(line);
    return { lines, ended: this.#ended };
  }

  hangUp(): void {
    this.#end();
    this.#socket.close();
  }

  #take(message: Buffer): void {
    const stream = message[0] ?? 0;
    const text = (this.#text[stream] ?? '') + message.subarray(1).toString('utf8');
    this.#text[stream] = text.slice(0, TEXT_CHARS_MAX);
    if (text.length > TEXT_CHARS_MAX) this.hangUp();
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #nextLine(): string | undefined {
    const text = this.#text[STDOUT] ?? '';
    const end = text.indexOf('\n');
    if (end < 0) return undefined;
    this.#text[STDOUT] = text.slice(end + 1);
    return text.slice(0, end);
  }

  #something(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lastWords(): string {
    const said = (this.#text[STDERR] ?? '').trim();
    const status = this.#text[STATUS] ?? '';
    return said || (status === '' ? 'the connection ended' : (parseStatus(status).message ?? 'it ended'));
  }
}

function failed(attempt: string, why: string): MexError {
  return new MexError(`Could not ${attempt}: ${why}`, { code: 'EXEC_FAILED', exit: EXIT.environment });
}
