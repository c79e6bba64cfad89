/**
 * READ THIS FIRST: an order's life in one shard.
 *
 *   http ─► ring ─► batch ─┬─► log: one frame, one write ──┬─► publish ─► answer ─► metrics
 *                          └─► match, while the disk works ┘
 *
 * A command is bytes in the ring (`record.ts`); the log copies them, matching reads them, what they did is a row of
 * `Effects`. Guarantees: one thread owns the books; a batch is matched only when the one before is durable, so whatever
 * is applied is applied to durable state; nothing of a batch (answer, event, metric, book view) leaves before it is on
 * disk. No timer gathers a batch: what arrives while the disk works is the next one, and the disk has got it before the
 * answers of this one are written, so neither waits for the other. After the first failure of the log nothing is
 * committed any more. A disk that hangs is no failure: who waits is told so, and what it had been given still counts.
 */
import { strict as assert } from 'node:assert';
import type { BookView, OrderView } from '../protocol/replies.ts';
import { type EngineState, LOG_FAILED, STALLED, whyNotTaken } from './admission.ts';
import type { Answers } from './answers.ts';
import { AHEAD_MAX } from './book/ids-ahead.ts';
import type { Clock } from './clock.ts';
import type { ShardState } from './match/shard-state.ts';
import type { EngineMetrics } from './metrics/engine-metrics.ts';
import type { EventSink } from './publish/event-sink.ts';
import { COMMAND, isQuery, type RecordBuffer } from './record.ts';
import { lookAhead } from './ring/look-ahead.ts';
import { nextBatch } from './ring/next-batch.ts';
import type { Ring } from './ring/ring.ts';
import type { Log } from './wal/log.ts';

/** What has been matched leaves before a batch goes on beyond so many fills, so the arrays that hold them stay small. */
const BATCH_FILLS_MAX = 65_536;
/** Without work for so long, the log is told that its last frame is safe. */
const SEAL_AFTER_MS = 5;
/** A disk that has not answered for so long is stalled; a usual write takes under a millisecond. */
const STALL_MS = 2_000;

export interface HotPathParts<Client> {
  ring: Ring<Client>;
  state: ShardState;
  answers: Answers<Client>;
  sink: EventSink;
  metrics: EngineMetrics;
  clock: Clock;
  ackMode: 'durable' | 'received';
}

export class HotPath<Client> {
  /** Resolves, with the error, when the log has failed. */
  readonly failure: Promise<Error>;
  readonly #parts: HotPathParts<Client>;
  /** Of the command that was applied last. */
  readonly #applied = { sequence: 0, timeMs: 0 };
  /** Of the batch that the log was given last. */
  readonly #given = { timeMs: 0, startNs: 0 };
  readonly #views: (BookView | OrderView | null)[] = [];
  #tellFailure: (error: Error) => void = () => undefined;
  #log: Log | null = null;
  #state: EngineState = 'REPLAYING';
  #running: Promise<void> | null = null;
  /** So many of the ring, from the oldest on, have been given to the log. */
  #inFlight = 0;
  #isStalled = false;
  #isUnsealed = false;
  #callOffSeal: () => void = () => undefined;

  constructor(parts: HotPathParts<Client>) {
    this.#parts = parts;
    this.failure = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
  }

  get engineState(): EngineState {
    return this.#state;
  }

  /** From now on commands are taken. */
  start(log: Log): void {
    this.#log = log;
    this.#applied.sequence = log.lastSequence;
    this.#state = 'UP';
  }

  /** Something outside has found that the shard must not go on. */
  fail(error: Error): void {
    if (this.#state !== 'FAILED') this.#stop(error);
  }

  /** Takes no more commands; resolves when the ring is empty, everything answered, and the log sealed. */
  async drain(): Promise<void> {
    if (this.#state !== 'FAILED') this.#state = 'DRAINING';
    await this.#running;
    this.#callOffSeal();
    await this.#seal();
  }

  /** Why a command of this kind is not taken now; `null`: it may be written at `ring.claim()` and submitted. */
  whyNot(kind: number): string | null {
    const isFull = this.#parts.ring.claim() < 0;
    const isLowOnSpace = this.#log?.isLowOnSpace ?? false;
    return whyNotTaken(kind, { state: this.#state, isStalled: this.#isStalled, isFull, isLowOnSpace });
  }

  /** Takes the command that was written at `ring.claim()`. Its client is answered once, now or later. */
  submit(client: Client, receivedNs: number, validationNs: number, seed: RecordBuffer | null = null): void {
    const { ring, ackMode, clock, answers } = this.#parts;
    const offset = ring.claim();
    const isAnsweredNow = ackMode === 'received' && seed === null && ring.records.kind(offset) === COMMAND.place;
    if (isAnsweredNow) answers.unseen(client, ring.records, offset, clock.nowMs());
    ring.publish(isAnsweredNow ? null : client, receivedNs, validationNs, seed);
    // What else arrives in this turn of the event loop joins the batch.
    this.#running ??= new Promise<void>((resolve) => clock.soon(resolve)).then(() => this.#run());
  }

  async #run(): Promise<void> {
    try {
      let written = this.#write();
      while (this.#inFlight > 0) {
        const { startNs } = this.#given;
        this.#applied.timeMs = this.#given.timeMs;
        let matched = this.#match();
        await written;
        const logNs = this.#parts.clock.monotonicNs() - startNs;
        while (matched < this.#inFlight) {
          this.#release(matched, logNs);
          matched = this.#match();
        }
        written = this.#write();
        this.#release(matched, logNs);
      }
    } catch (thrown) {
      this.#stop(thrown);
    }
    this.#running = null;
    if (!this.#isUnsealed) return;
    this.#callOffSeal = this.#parts.clock.after(SEAL_AFTER_MS, () => {
      this.#running ??= this.#seal().then(() => this.#run());
    });
  }

  /** What waits in the ring as one frame, on its way to the disk when this returns. */
  async #write(): Promise<void> {
    const { ring, state, clock } = this.#parts;
    const log = this.#log;
    assert(log !== null, 'commands are taken only once the log is open');
    this.#callOffSeal();
    const end = this.#inFlight + nextBatch(ring, this.#inFlight);
    let logged = 0;
    for (; this.#inFlight < end; this.#inFlight++) {
      const slot = ring.at(this.#inFlight);
      const records = ring.recordsOf(slot);
      const offset = ring.offsetOf(slot);
      if (isQuery(records.kind(offset))) continue;
      log.put(records, offset);
      logged++;
    }
    this.#given.startNs = clock.monotonicNs();
    this.#given.timeMs = Math.max(clock.nowMs(), log.lastTimeMs);
    if (logged === 0) return;
    this.#isUnsealed = true;
    await this.#unlessStalled(log.commit(this.#given.timeMs, state.digest));
  }

  /** Waits for the disk; who waits with it is told after a while, and the next ones at once, until it goes on. */
  async #unlessStalled(writing: Promise<void>): Promise<void> {
    const callOff = this.#parts.clock.after(STALL_MS, () => {
      this.#isStalled = true;
      this.#giveUpWaiting(STALLED);
    });
    await writing.finally(callOff);
    this.#isStalled = false;
  }

  /** Applies what is in flight, or as much of it as gives not too many fills. Returns how many of the ring that were. */
  #match(): number {
    const { ring, state } = this.#parts;
    for (let index = 0; index < this.#inFlight; index++) {
      if (index % AHEAD_MAX === 0) lookAhead(ring, state.orders, index, this.#inFlight);
      const slot = ring.at(index);
      const records = ring.recordsOf(slot);
      const offset = ring.offsetOf(slot);
      if (isQuery(records.kind(offset))) {
        this.#views.push(this.#look(records, offset));
        continue;
      }
      this.#applied.sequence++;
      state.apply(records, offset, this.#applied);
      if (state.effects.fillCount > BATCH_FILLS_MAX) return index + 1;
    }
    return this.#inFlight;
  }

  #look(records: RecordBuffer, offset: number): BookView | OrderView | null {
    const { state } = this.#parts;
    if (records.kind(offset) === COMMAND.orderQuery) return state.orderView(records, offset);
    return state.view(records.symbol(offset), records.quantity(offset), this.#applied.sequence);
  }

  /** The oldest `size` of the ring are durable: what they did leaves. */
  #release(size: number, logNs: number): void {
    const { ring, state, sink, answers, metrics, clock } = this.#parts;
    const { effects } = state;
    const { sequence, timeMs } = this.#applied;
    const handedOverNs = clock.monotonicNs();
    if (effects.count > 0) sink.offer({ state, firstSequence: sequence - effects.count + 1, timeMs });
    const committedNs = clock.monotonicNs();
    let row = 0;
    for (let index = 0; index < size; index++) {
      const slot = ring.at(index);
      const records = ring.recordsOf(slot);
      const offset = ring.offsetOf(slot);
      const client = ring.client(slot);
      if (!isQuery(records.kind(offset))) {
        if (client !== null) answers.command(client, records, offset, row);
        row++;
      } else if (client !== null) answers.view(client, records, offset, this.#views[index - row] ?? null);
    }
    metrics.batchCommitted(state, ring, { size, logNs, publishNs: committedNs - handedOverNs, committedNs });
    this.#views.length = 0;
    effects.clear();
    ring.release(size);
    this.#inFlight -= size;
  }

  async #seal(): Promise<void> {
    if (this.#state === 'FAILED' || !this.#isUnsealed || this.#log === null) return;
    this.#isUnsealed = false;
    await this.#unlessStalled(this.#log.seal(this.#parts.state.digest)).catch((thrown) => this.#stop(thrown));
  }

  #stop(thrown: unknown): void {
    this.#state = 'FAILED';
    this.#giveUpWaiting(LOG_FAILED);
    this.#inFlight = 0;
    this.#parts.ring.release(this.#parts.ring.size);
    this.#tellFailure(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }

  /** What the log was given may be on disk or not; what waits behind it is not, and is dropped. */
  #giveUpWaiting(reason: string): void {
    const { ring, answers } = this.#parts;
    for (let index = 0; index < ring.size; index++) {
      const slot = ring.at(index);
      const client = ring.client(slot);
      const outcome = index < this.#inFlight ? 'unknown' : 'not_accepted';
      if (client !== null) answers.unavailable(client, ring.recordsOf(slot), ring.offsetOf(slot), { reason, outcome });
      ring.forgetClient(slot);
    }
    ring.dropFrom(this.#inFlight);
  }
}
