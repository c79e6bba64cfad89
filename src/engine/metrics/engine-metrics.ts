/**
 * What the engine tells of itself. The hot path records into plain numbers, only what is durable; the page is written
 * at the scrape. Every series is there from the start.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BUCKETS, FINE_BUCKETS, METRIC, STAGES, type Stage } from '../../protocol/metrics.ts';
import type { Side } from '../../protocol/orders.ts';
import type { Accepted } from '../commands.ts';
import type { ShardState } from '../match/shard-state.ts';
import type { EventSink } from '../publish/event-sink.ts';
import { MaxOfLastMinute } from './gc-pauses.ts';
import { HistogramSeries } from './histogram-series.ts';
import { MetricsPage } from './metrics-page.ts';
import { familyHead, plainNumber, seriesPrefix, withPlainNumbers } from './metrics-text.ts';

/** Of one committed order. `matchNs` runs from its body having been read to its events having been handed over. */
export interface OrderDurations {
  matchNs: number;
  validationNs: number;
  logNs: number;
  publishNs: number;
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

export class EngineMetrics {
  readonly #shard: string;
  readonly #match: HistogramSeries;
  readonly #matchFine: HistogramSeries;
  readonly #stages: Record<Stage, { coarse: HistogramSeries; fine: HistogramSeries }>;
  readonly #gcPause: HistogramSeries;
  readonly #gcPauseMax = new MaxOfLastMinute();
  readonly #nodeRegistry = new Registry();
  readonly #orders: Record<Side, number> = { BUY: 0, SELL: 0 };
  #matches = 0;
  #books = { bids: { orders: 0, levels: 0 }, asks: { orders: 0, levels: 0 } };

  constructor(shardId: string) {
    this.#shard = shardId;
    const labels = { shard: shardId };
    this.#match = new HistogramSeries(METRIC.matchDuration, labels, BUCKETS.match);
    this.#matchFine = new HistogramSeries(METRIC.matchDurationFine, labels, FINE_BUCKETS);
    const stage = (name: Stage) => ({
      coarse: new HistogramSeries(STAGE_METRIC[name], labels, BUCKETS[name]),
      fine: new HistogramSeries(METRIC.stageDurationFine, { ...labels, stage: name }, FINE_BUCKETS),
    });
    this.#stages = {
      validation: stage('validation'),
      log: stage('log'),
      insertion: stage('insertion'),
      matching: stage('matching'),
      publish: stage('publish'),
    };
    this.#gcPause = new HistogramSeries(METRIC.gcPause, labels, BUCKETS.gcPause);
    collectDefaultMetrics({ register: this.#nodeRegistry });
  }

  orderCommitted(side: Side, { fills, matchingNs, insertionNs }: Accepted, durations: OrderDurations): void {
    this.#orders[side]++;
    this.#matches += fills;
    this.#match.observe(durations.matchNs / 1e9);
    this.#matchFine.observe(durations.matchNs / 1e9);
    this.#observe('validation', durations.validationNs);
    this.#observe('log', durations.logNs);
    this.#observe('matching', matchingNs);
    if (insertionNs !== null) this.#observe('insertion', insertionNs);
    this.#observe('publish', durations.publishNs);
  }

  booksChanged(state: ShardState): void {
    this.#books = { bids: state.sideTotals('BUY'), asks: state.sideTotals('SELL') };
  }

  gcPaused(seconds: number, nowSeconds: number): void {
    this.#gcPause.observe(seconds);
    this.#gcPauseMax.record(seconds, nowSeconds);
  }

  /** One scrape. @param ringUtilization what waits in the ring over its size. */
  async page(ringUtilization: number, sink: EventSink, nowSeconds: number): Promise<Buffer> {
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
    family('counter', METRIC.eventsOffered, 'Events handed to the publisher.', [[{}, sink.offered]]);
    family('counter', METRIC.eventPublishErrors, 'Events that were dropped.', [[{}, sink.errors]]);
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
      headed(METRIC.matchDuration, HELP[METRIC.matchDuration], this.#match),
      ...STAGES.map((stage) => headed(STAGE_METRIC[stage], HELP[STAGE_METRIC[stage]], this.#stages[stage].coarse)),
      headed(METRIC.matchDurationFine, `${METRIC.matchDuration} in fine buckets.`, this.#matchFine),
      (page) => page.text(familyHead(METRIC.stageDurationFine, 'histogram', 'The parts of a match in fine buckets.')),
      ...fine,
      headed(METRIC.gcPause, 'Pauses of garbage collection.', this.#gcPause),
    ];
  }

  #observe(stage: Stage, durationNs: number): void {
    this.#stages[stage].coarse.observe(durationNs / 1e9);
    this.#stages[stage].fine.observe(durationNs / 1e9);
  }
}
