/**
 * READ THIS FIRST: an order's life in one shard.
 *
 *   submit ─► ring ─► batch ─┬─► log: append, one fdatasync ─┬─► publish ─► answer ─► metrics
 *                            └─► match, while the disk works ┘
 *
 * Guarantees: one thread owns the books; one batch at a time, so whatever is applied is applied to durable state only;
 * nothing of a batch (answer, event, metric, book view) leaves before its sync has ended. No timer gathers a batch: what
 * arrives while the disk works is the next one. After the first failure of the log nothing is committed any more.
 */
import { strict as assert } from 'node:assert';
import type { Clock } from './clock.ts';
import type { BookQuery, Command, Outcome } from './commands.ts';
import type { ShardState } from './match/shard-state.ts';
import type { EngineMetrics } from './metrics/engine-metrics.ts';
import type { EventSink } from './publish/event-sink.ts';
import type { Ring } from './ring/ring.ts';
import type { Log } from './wal/log.ts';

/** Keeps a frame under its bound (an order is at most 200 bytes of it) and a batch's matching short. */
const BATCH_COMMANDS_MAX = 4096;

export interface Slot {
  command: Command | BookQuery;
  /** Monotonic: when its body had been read. */
  receivedNs: number;
  validationNs: number;
  answer(outcome: Outcome): void;
}

export type EngineState = 'REPLAYING' | 'UP' | 'DRAINING' | 'FAILED';

export interface HotPathParts {
  ring: Ring<Slot>;
  state: ShardState;
  sink: EventSink;
  metrics: EngineMetrics;
  clock: Clock;
  ackMode: 'durable' | 'received';
}

export class HotPath {
  /** Resolves, with the error, when the log has failed. */
  readonly failure: Promise<Error>;
  readonly #parts: HotPathParts;
  #fail: (error: Error) => void = () => undefined;
  #log: Log | null = null;
  #state: EngineState = 'REPLAYING';
  #running: Promise<void> | null = null;

  constructor(parts: HotPathParts) {
    this.#parts = parts;
    this.failure = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  get engineState(): EngineState {
    return this.#state;
  }

  /** From now on commands are taken. */
  start(log: Log): void {
    this.#log = log;
    this.#state = 'UP';
  }

  /** Takes no more commands; resolves when the ring is empty and everything is answered. */
  async drain(): Promise<void> {
    if (this.#state !== 'FAILED') this.#state = 'DRAINING';
    await this.#running;
  }

  /** Answers exactly once, now or later. */
  submit(slot: Slot): void {
    const { ring, ackMode, clock } = this.#parts;
    if (this.#state !== 'UP') {
      slot.answer(unavailable(WHY_NOT[this.#state]));
      return;
    }
    if (ackMode === 'received' && slot.command.kind === 'place') {
      const { answer } = slot;
      const taken = ring.put({ ...slot, answer: () => undefined });
      answer(taken ? acceptedUnseen(clock.nowMs()) : unavailable(RING_FULL));
    } else if (!ring.put(slot)) {
      slot.answer(unavailable(RING_FULL));
      return;
    }
    // What else arrives in this turn of the event loop joins the batch.
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#run());
  }

  async #run(): Promise<void> {
    while (this.#parts.ring.size > 0 && this.#state !== 'FAILED') await this.#commitBatch();
    this.#running = null;
  }

  async #commitBatch(): Promise<void> {
    const { state, clock } = this.#parts;
    const log = this.#log;
    assert(log !== null, 'commands are taken only once the log is open');
    const batch = this.#takeBatch();
    const commands = batch.map(({ command }) => command).filter((command) => command.kind !== 'book');
    const timeMs = Math.max(clock.nowMs(), log.lastTimeMs);
    let sequence = log.lastSequence;
    const startNs = clock.monotonicNs();
    try {
      const written = commands.length > 0 ? log.commit(commands, timeMs) : Promise.resolve();
      const outcomes: Outcome[] = [];
      for (const { command } of batch) {
        if (command.kind === 'book') {
          outcomes.push({ kind: 'book', view: state.view(command.symbol, command.levels, sequence) });
        } else outcomes.push(state.apply(command, { sequence: ++sequence, timeMs }));
      }
      await written;
      this.#release(batch, outcomes, clock.monotonicNs() - startNs);
    } catch (thrown) {
      this.#stop(batch, thrown);
    }
  }

  #takeBatch(): Slot[] {
    const { ring } = this.#parts;
    const batch: Slot[] = [];
    while (batch.length < BATCH_COMMANDS_MAX) {
      const slot = ring.take();
      if (slot === undefined) break;
      batch.push(slot);
      // The largest command ends its batch: a frame holds one.
      if (slot.command.kind === 'seed') break;
    }
    return batch;
  }

  /** The batch is durable: everything leaves. */
  #release(batch: readonly Slot[], outcomes: readonly Outcome[], logNs: number): void {
    const { sink, metrics, clock, state } = this.#parts;
    for (const [index, slot] of batch.entries()) {
      const outcome = outcomes[index];
      assert(outcome !== undefined, 'an outcome a command');
      const publishNs = clock.monotonicNs();
      if (outcome.kind === 'accepted' || outcome.kind === 'cancelled') sink.offer(outcome.events);
      const committedNs = clock.monotonicNs();
      slot.answer(outcome);
      if (slot.command.kind !== 'place' || outcome.kind !== 'accepted' || outcome.repeated) continue;
      const { receivedNs, validationNs, command } = slot;
      const durations = { matchNs: committedNs - receivedNs, validationNs, logNs, publishNs: committedNs - publishNs };
      metrics.orderCommitted(command.order.side, outcome, durations);
    }
    metrics.booksChanged(state);
  }

  /** What was being written may be on disk or not; what waits in the ring is not. */
  #stop(batch: readonly Slot[], thrown: unknown): void {
    this.#state = 'FAILED';
    for (const slot of batch) slot.answer({ kind: 'unavailable', reason: LOG_FAILED, effect: 'unknown' });
    for (let slot = this.#parts.ring.take(); slot !== undefined; slot = this.#parts.ring.take()) {
      slot.answer(unavailable(LOG_FAILED));
    }
    this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
  }
}

const RING_FULL = 'The engine is at capacity';
const LOG_FAILED = 'The log failed';
const WHY_NOT = {
  REPLAYING: 'The engine is replaying its log',
  DRAINING: 'The engine is stopping',
  FAILED: LOG_FAILED,
} as const;

function unavailable(reason: string): Outcome {
  return { kind: 'unavailable', reason, effect: 'not_accepted' };
}

/** The answer of `ACK_MODE=received`: given before anything is known of the order. */
function acceptedUnseen(timestampMs: number): Outcome {
  const nothing = { events: [], fills: 0, matchingNs: 0, insertionNs: null };
  return { kind: 'accepted', timestampMs, repeated: false, ...nothing };
}
