/**
 * The engine's end of publishing. Offering a batch stores one number: the publisher, in another thread, reads what it
 * needs from the log. A publisher that ends is started again, and goes on from what the topic holds.
 */
import { Worker } from 'node:worker_threads';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { DurableSignal } from './durable-signal.ts';
import { type CommittedBatch, type EventSink, type EventTotals, eventsIn } from './event-sink.ts';
import { type EventNumbers, NOTHING_PUBLISHED } from './publisher-port.ts';
import type { PublisherReport, PublisherRequest } from './run-publisher.ts';

export interface LogSinkOptions extends Omit<PublisherRequest, 'durable' | 'startSequence' | 'logId'> {
  tell(sentence: string): void;
  /** The log cannot be replayed to what the engine has. */
  diverged(error: Error): void;
  /** The worker's program. */
  entry?: URL;
}

const RESTART_MS = 1_000;
/** What is not out by then stays in the log, for the next start. */
const CLOSE_MS_MAX = 2_000;
const DRAIN_LOOK_MS = 20;

export class LogSink implements EventSink {
  readonly #options: LogSinkOptions;
  readonly #durable = new DurableSignal();
  #offered = 0;
  #startSequence = 0;
  #logId = '';
  /** Of publishers that have ended. */
  #before: EventNumbers = { ...NOTHING_PUBLISHED };
  #now: EventNumbers = { ...NOTHING_PUBLISHED };
  #worker: Worker | null = null;
  #ended: Promise<void> = Promise.resolve();
  #isClosed = false;
  #restart: NodeJS.Timeout | null = null;

  constructor(options: LogSinkOptions) {
    this.#options = options;
  }

  /** Everything up to here was in the log when the engine was started. */
  start({ sequence, logId }: { sequence: number; logId: string }): void {
    this.#startSequence = sequence;
    this.#logId = logId;
    this.#durable.tell(sequence);
    this.#run();
  }

  offer({ state, firstSequence }: CommittedBatch): void {
    this.#offered += eventsIn(state.effects);
    this.#durable.tell(firstSequence + state.effects.count - 1);
  }

  get confirmedSequence(): number {
    return this.#now.confirmedSequence;
  }

  totals(nowMs: number): EventTotals {
    const { inFlight, oldestMs, isConnected, confirmedSequence } = this.#now;
    const sum = (name: 'sent' | 'dropped' | 'failed' | 'recovered') => this.#before[name] + this.#now[name];
    const [sent, dropped, failed] = [sum('sent'), sum('dropped'), sum('failed')];
    const offered = this.#offered + sum('recovered');
    const lagSequences = Math.max(0, this.#durable.sequence - confirmedSequence);
    const isBehind = lagSequences > 0 && oldestMs > 0;
    return {
      offered,
      sent,
      dropped,
      failed,
      inFlight,
      queued: offered - sent - dropped - failed - inFlight,
      lagSequences,
      lagSeconds: isBehind ? Math.max(0, (nowMs - oldestMs) / 1_000) : 0,
      isConnected,
    };
  }

  /** Lets out what it can in a short while; the rest is in the log. */
  async close(): Promise<void> {
    const deadlineMs = performance.now() + CLOSE_MS_MAX;
    const isBehind = (): boolean => this.#now.confirmedSequence < this.#durable.sequence;
    while (this.#worker !== null && this.#now.isConnected && isBehind() && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
    this.#isClosed = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#worker?.postMessage('stop');
    const killing = setTimeout(() => void this.#worker?.terminate(), CLOSE_MS_MAX);
    await this.#ended;
    clearTimeout(killing);
  }

  #run(): void {
    const { tell, diverged, entry, ...request } = this.#options;
    const file = import.meta.url.endsWith('.ts') ? './publisher-worker.ts' : './publisher-worker.js';
    const workerData: PublisherRequest = {
      ...request,
      logId: this.#logId,
      startSequence: this.#startSequence,
      durable: this.#durable.memory,
    };
    const worker = new Worker(entry ?? new URL(file, import.meta.url), { workerData, execArgv: [] });
    this.#worker = worker;
    worker.on('message', (report: PublisherReport) => this.#hear(report));
    worker.on('error', (error) => tell(`the publisher ended: ${messageOf(error)}`));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', () => {
        resolve();
        this.#worker = null;
        this.#settle();
        if (!this.#isClosed) this.#restart = setTimeout(() => this.#run(), RESTART_MS);
      });
    });
  }

  #hear(report: PublisherReport): void {
    if (report.kind === 'numbers') this.#now = report.numbers;
    else if (report.kind === 'told') this.#options.tell(report.sentence);
    else {
      this.#isClosed = true;
      this.#options.diverged(new MexError(report.message, report));
    }
  }

  /** What was in flight when a publisher ended is offered again by the next one. */
  #settle(): void {
    for (const name of ['sent', 'dropped', 'failed', 'recovered'] as const) this.#before[name] += this.#now[name];
    this.#now = { ...NOTHING_PUBLISHED, confirmedSequence: this.#now.confirmedSequence };
  }
}
