/**
 * What the engine tells of itself. The hot path records into plain numbers, only what is durable; the page is written
 * at the scrape. Every series is there from the start.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BUCKETS, FINE_BUCKETS, METRIC, STAGES, type Stage } from '../../protocol/metrics.ts';
import type { Side } from '../../protocol/orders.ts';
import { EFFECT } from '../match/effects.ts';
import type { ShardState } from '../match/shard-state.ts';
import type { EventTotals } from '../publish/event-sink.ts';
import { COMMAND, FLAG, isQuery } from '../record.ts';
import type { Ring } from '../ring/ring.ts';
import { DurationCounts } from './duration-counts.ts';
import { MaxOfLastMinute } from './gc-pauses.ts';
import { HistogramSeries } from './histogram-series.ts';
import { MetricsPage } from './metrics-page.ts';
import { familyHead, type Labels, plainNumber, seriesPrefix, withPlainNumbers } from './metrics-text.ts';

/** Of one committed batch. */
export interface BatchTimes {
  /** How many of the ring, from the oldest on. */
  size: number;
  logNs: number;
  publishNs: number;
  /** Monotonic: when it was durable and its events handed over. */
  committedNs: number;
}

const STAGE_METRIC = {
  validation: METRIC.validationDuration,
  log: METRIC.logDuration,
  insertion: METRIC.insertionDuration,
  matching: METRIC.matchingDuration,
  publish: METRIC.publishDuration,
} as const satisfies Record<Stage, string>;

const HELP = {
  [METRIC.matchDuration]: 'From an order having been read to its result being durable and handed to the publisher.',
  [METRIC.validationDuration]: 'Parsing and validating an order.',
  [METRIC.insertionDuration]: 'Putting what is left of an order into the book.',
  [METRIC.matchingDuration]: 'Matching an order against the book.',
  [METRIC.logDuration]: 'Appending and syncing the batch of an order.',
  [METRIC.publishDuration]: 'Handing the events of an order to the publisher.',
} as const;

/** The same durations, in the buckets of the contract and in fine ones. */
interface Durations {
  counts: DurationCounts;
  coarse: HistogramSeries;
  fine: HistogramSeries;
}

export class EngineMetrics {
  readonly #shard: string;
  readonly #match: Durations;
  readonly #stages: Record<Stage, Durations>;
  readonly #gcPauseCounts = new DurationCounts(BUCKETS.gcPause);
  readonly #gcPause: HistogramSeries;
  readonly #gcPauseMax = new MaxOfLastMinute();
  readonly #nodeRegistry = new Registry();
  readonly #orders: Record<Side, number> = { BUY: 0, SELL: 0 };
  #matches = 0;
  #books = { bids: { orders: 0, levels: 0 }, asks: { orders: 0, levels: 0 } };

  constructor(shardId: string) {
    this.#shard = shardId;
    const labels = { shard: shardId };
    const durations = (name: string, bounds: readonly number[], fine: [string, Labels]): Durations => {
      const counts = new DurationCounts(FINE_BUCKETS);
      return {
        counts,
        coarse: new HistogramSeries(name, labels, counts, bounds),
        fine: new HistogramSeries(...fine, counts, FINE_BUCKETS),
      };
    };
    const stage = (name: Stage): Durations =>
      durations(STAGE_METRIC[name], BUCKETS[name], [METRIC.stageDurationFine, { ...labels, stage: name }]);
    this.#match = durations(METRIC.matchDuration, BUCKETS.match, [METRIC.matchDurationFine, labels]);
    this.#stages = {
      validation: stage('validation'),
      log: stage('log'),
      insertion: stage('insertion'),
      matching: stage('matching'),
      publish: stage('publish'),
    };
    this.#gcPause = new HistogramSeries(METRIC.gcPause, labels, this.#gcPauseCounts, BUCKETS.gcPause);
    this.#nodeRegistry.setDefaultLabels(labels);
    collectDefaultMetrics({ register: this.#nodeRegistry });
  }

  /** The oldest `size` of the ring, whose effects are the state's. Allocates nothing. */
  batchCommitted(state: ShardState, ring: Ring<unknown>, { size, logNs, publishNs, committedNs }: BatchTimes): void {
    const { effects } = state;
    let row = 0;
    for (let index = 0; index < size; index++) {
      const slot = ring.at(index);
      const records = ring.recordsOf(slot);
      const offset = ring.offsetOf(slot);
      const kind = records.kind(offset);
      if (isQuery(kind)) continue;
      this.#matches += (effects.fillsEnd[row] ?? 0) - effects.fillsBegin(row);
      if (kind === COMMAND.place && effects.kind[row] === EFFECT.accepted) {
        const isSell = (records.flags(offset) & FLAG.sell) !== 0;
        this.#orders[isSell ? 'SELL' : 'BUY']++;
        this.#match.counts.observe((committedNs - ring.receivedNs(slot)) / 1e9);
        this.#observe('validation', ring.validationNs(slot));
        this.#observe('log', logNs);
        this.#observe('matching', effects.matchingNs[row] ?? 0);
        const insertionNs = effects.insertionNs[row] ?? Number.NaN;
        if (!Number.isNaN(insertionNs)) this.#observe('insertion', insertionNs);
        this.#observe('publish', publishNs);
      }
      row++;
    }
    this.booksChanged(state);
  }

  booksChanged(state: ShardState): void {
    this.#books = { bids: state.sideTotals('BUY'), asks: state.sideTotals('SELL') };
  }

  gcPaused(seconds: number, nowSeconds: number): void {
    this.#gcPauseCounts.observe(seconds);
    this.#gcPauseMax.record(seconds, nowSeconds);
  }

  /** One scrape. @param ringUtilization what waits in the ring over its size. */
  async page(ringUtilization: number, events: EventTotals, nowSeconds: number): Promise<Buffer> {
    const { bids, asks } = this.#books;
    const histograms = this.#frozenHistograms();
    const page = new MetricsPage();
    const family = (type: 'counter' | 'gauge', name: string, help: string, values: [object, number][]): void => {
      page.text(familyHead(name, type, help));
      for (const [labels, value] of values) {
        page.text(`${seriesPrefix(name, { shard: this.#shard, ...labels })}${plainNumber(value)}\n`);
      }
    };
    family('counter', METRIC.matches, 'Fills.', [[{}, this.#matches]]);
    family('counter', METRIC.ordersReceived, 'Orders accepted as new.', [
      [{ side: 'buy' }, this.#orders.BUY],
      [{ side: 'sell' }, this.#orders.SELL],
    ]);
    family('gauge', METRIC.bookDepth, 'Resting orders.', [
      [{ side: 'bid' }, bids.orders],
      [{ side: 'ask' }, asks.orders],
    ]);
    family('gauge', METRIC.bookLevels, 'Price levels.', [
      [{ side: 'bid' }, bids.levels],
      [{ side: 'ask' }, asks.levels],
    ]);
    family('gauge', METRIC.ringUtilization, 'What waits in the ring over its size.', [[{}, ringUtilization]]);
    const gcPauseMaxSeconds = this.#gcPauseMax.at(nowSeconds);
    family('gauge', METRIC.gcPauseMax, 'Longest garbage collection of the last minute.', [[{}, gcPauseMaxSeconds]]);
    for (const [type, name, help, value] of eventFamilies(events)) family(type, name, help, [[{}, value]]);
    for (const write of histograms) {
      await nextTurn();
      write(page);
    }
    await nextTurn();
    page.text(withPlainNumbers(await this.#nodeRegistry.metrics()));
    return page.end();
  }

  /** All of one instant. Writing them takes a while, so that is left to turns of their own, between orders. */
  #frozenHistograms(): ((page: MetricsPage) => void)[] {
    const headed = (name: string, help: string, series: HistogramSeries): ((page: MetricsPage) => void) => {
      const write = series.freeze();
      return (page) => {
        page.text(familyHead(name, 'histogram', help));
        write(page);
      };
    };
    const fine = STAGES.map((stage) => this.#stages[stage].fine.freeze());
    return [
      headed(METRIC.matchDuration, HELP[METRIC.matchDuration], this.#match.coarse),
      ...STAGES.map((stage) => headed(STAGE_METRIC[stage], HELP[STAGE_METRIC[stage]], this.#stages[stage].coarse)),
      headed(METRIC.matchDurationFine, `${METRIC.matchDuration} in fine buckets.`, this.#match.fine),
      (page) => page.text(familyHead(METRIC.stageDurationFine, 'histogram', 'The parts of a match in fine buckets.')),
      ...fine,
      headed(METRIC.gcPause, 'Pauses of garbage collection.', this.#gcPause),
    ];
  }

  #observe(stage: Stage, durationNs: number): void {
    this.#stages[stage].counts.observe(durationNs / 1e9);
  }
}

function eventFamilies(events: EventTotals): ['counter' | 'gauge', string, string, number][] {
  const { offered, sent, dropped, failed, queued, inFlight, lagSequences, lagSeconds, isConnected } = events;
  return [
    ['counter', METRIC.eventsOffered, 'Events that are to be published.', offered],
    ['counter', METRIC.eventsSent, 'Events that have arrived.', sent],
    ['counter', METRIC.eventsDropped, 'Events given up because the queue was full.', dropped],
    ['counter', METRIC.eventsFailed, 'Events given up because sending them failed.', failed],
    ['counter', METRIC.eventPublishErrors, 'Events that were given up.', dropped + failed],
    ['gauge', METRIC.eventsQueued, 'Events that wait, in the log or in memory.', queued],
    ['gauge', METRIC.eventsInFlight, 'Events that are being sent.', inFlight],
    ['gauge', METRIC.eventsLagSequences, 'Commands whose events have not all arrived.', lagSequences],
    ['gauge', METRIC.eventsLagSeconds, 'Age of the oldest event that has not arrived.', lagSeconds],
    ['gauge', METRIC.brokerConnected, '1: the broker answers.', isConnected ? 1 : 0],
  ];
}
