/**
 * Publishes what a shard's log holds, in its own time:
 *
 *   durable sequence ─► outbox (log, replayed) ─► batch ─► broker ─► acknowledged ─► the next
 *        of the engine                              ▲          │ connection lost
 *                                                   └── look ◄─┘ the same batch again; or, if the broker lost its tail,
 *                                                             from what the topic holds
 *
 * At most one batch is in memory, however long the broker is away. Nothing of it runs in the engine's thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { EventRecord } from '../../protocol/event-records.ts';
import { BrokerSession, endsSession, type SessionOptions } from './broker-session.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { type Published, readMark, writeMark } from './published.ts';
import { type EventNumbers, NOTHING_PUBLISHED, type PublisherPort } from './publisher-port.ts';
import { Recovered } from './recovered.ts';

export interface PublisherOptions extends OutboxOptions, SessionOptions {
  /** Where the log ended when the engine was started: what is before it was offered to nobody in this lifetime. */
  startSequence: number;
}

/** What gathers until the first is so old leaves together. */
const LINGER_MS = 5;
/** A record takes at most some 450 bytes, a broker takes 1 MiB for one partition. */
const BATCH_RECORDS_MAX = 1_000;
const BACKOFF_MS = { first: 100, most: 2_000 } as const;
const IDLE_LOOK_MS = 500;
const MARK_EVERY_MS = 1_000;
/** A broker that is away is told of once in so long. */
const TELL_EVERY_MS = 60_000;

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #port: PublisherPort;
  readonly #numbers: EventNumbers = { ...NOTHING_PUBLISHED };
  readonly #stopped = new AbortController();
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #markedAtMs = 0;
  readonly #recovered: Recovered;

  constructor(options: PublisherOptions, port: PublisherPort) {
    this.#options = options;
    this.#port = port;
    this.#recovered = new Recovered(options.startSequence);
  }

  /** Runs until `stop`. @throws MexError when the log cannot be replayed to what the engine recorded */
  async run(): Promise<void> {
    let pauseMs: number = BACKOFF_MS.first;
    while (!this.#isStopped) {
      const session = await this.#open();
      if (session === null) {
        await this.#pause(pauseMs);
        pauseMs = Math.min(BACKOFF_MS.most, pauseMs * 2);
        continue;
      }
      pauseMs = BACKOFF_MS.first;
      try {
        await this.#publishFrom(session);
      } catch (thrown) {
        // Of the log: the engine must not go on.
        if (thrown instanceof MexError) throw thrown;
        if (!this.#isStopped) this.#tell(`publishing begins anew: ${messageOf(thrown)}`);
        await this.#pause(BACKOFF_MS.first);
      } finally {
        await this.#mark(session).catch(() => undefined);
        session.close();
        this.#numbers.isConnected = false;
        this.#report();
      }
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async #open(): Promise<BrokerSession | null> {
    try {
      const session = await BrokerSession.open(this.#options);
      this.#connected();
      return session;
    } catch (thrown) {
      this.#away(thrown);
      return null;
    }
  }

  async #publishFrom(session: BrokerSession): Promise<void> {
    const mark = this.#port.durableSequence === 0 ? null : await readMark(this.#options.folder, this.#options.logId);
    const published = await session.lastPublished(mark);
    const outbox = await Outbox.open(this.#options, published.wholeSequence);
    try {
      if (outbox.missingUpTo > 0) {
        this.#tell(`events up to sequence ${outbox.missingUpTo} are not in the log any more and not in the topic`);
      }
      this.#numbers.confirmedSequence = published.wholeSequence;
      while (!this.#isStopped) await this.#publishNext(session, outbox, published);
    } finally {
      outbox.close();
    }
  }

  async #publishNext(session: BrokerSession, outbox: Outbox, published: Published): Promise<void> {
    const { durableSequence } = this.#port;
    let batch = await outbox.next(durableSequence);
    if (batch === null) {
      this.#numbers.confirmedSequence = Math.max(this.#numbers.confirmedSequence, durableSequence);
      this.#numbers.oldestMs = 0;
      this.#report();
      if (performance.now() - this.#markedAtMs > MARK_EVERY_MS) await this.#mark(session);
      if (await this.#port.nextDurable(durableSequence, IDLE_LOOK_MS)) await sleep(LINGER_MS);
      return;
    }
    const records: EventRecord[] = [];
    let { lastSequence } = batch;
    while (batch !== null) {
      for (const record of batch.records) {
        if (published.has(record.topic, session.partitionOf(record.key), record)) continue;
        records.push(record);
        this.#recovered.taken(record);
      }
      lastSequence = batch.lastSequence;
      batch = records.length < BATCH_RECORDS_MAX ? await outbox.next(this.#port.durableSequence) : null;
    }
    for (let at = 0; at < records.length && !this.#isStopped; at += BATCH_RECORDS_MAX) {
      await this.#deliver(session, records.slice(at, at + BATCH_RECORDS_MAX));
    }
    if (!this.#isStopped) this.#numbers.confirmedSequence = lastSequence;
    this.#report();
  }

  /** Until it is acknowledged, or the session is of no use any more. */
  async #deliver(session: BrokerSession, records: EventRecord[]): Promise<void> {
    this.#numbers.inFlight = records.length;
    this.#numbers.oldestMs = records[0]?.timeMs ?? 0;
    this.#report();
    for (let pauseMs: number = BACKOFF_MS.first; !this.#isStopped; pauseMs = Math.min(BACKOFF_MS.most, pauseMs * 2)) {
      try {
        if (!this.#numbers.isConnected) {
          await session.look();
          this.#connected();
        }
        await this.#port.send(session, records);
        for (const record of records) this.#recovered.acknowledged(record);
        this.#numbers.sent += records.length;
        this.#numbers.inFlight = 0;
        return;
      } catch (thrown) {
        this.#away(thrown);
        if (endsSession(thrown)) {
          this.#numbers.inFlight = 0;
          throw thrown;
        }
        await this.#pause(pauseMs);
      }
    }
    this.#numbers.inFlight = 0;
  }

  async #mark(session: BrokerSession): Promise<void> {
    this.#markedAtMs = performance.now();
    const { folder, logId } = this.#options;
    await writeMark(folder, { logId, sequence: this.#numbers.confirmedSequence, ends: session.ends });
  }

  #connected(): void {
    this.#numbers.isConnected = true;
    this.#toldAtMs = Number.NEGATIVE_INFINITY;
    this.#report();
  }

  #away(thrown: unknown): void {
    this.#numbers.isConnected = false;
    this.#report();
    this.#tell(`the broker does not answer, events wait in the log: ${messageOf(thrown)}`);
  }

  #tell(sentence: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#port.tell(sentence);
  }

  #report(): void {
    this.#port.report({ ...this.#numbers, recovered: this.#recovered.count });
  }

  async #pause(durationMs: number): Promise<void> {
    // Between half of it and all: shards that lost the same broker do not come back in step.
    const jitteredMs = durationMs * (0.5 + Math.random() / 2);
    await sleep(jitteredMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
