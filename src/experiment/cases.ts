/**
 * What is asked: the cases A1 to B6, as data. Rates, durations and virtual users are the contract of the experiment.
 */
import type { SeedShape } from './workload.ts';

export type CaseId = 'a1' | 'a2' | 'a3' | 'a4' | 'b1' | 'b2' | 'b3' | 'b4' | 'b5' | 'b6';
export type AsrId = 'asr1' | 'asr2';
export type Shard = 'a' | 'b' | 'c';

/** A piece of an arrival schedule: the rate goes from `fromPerSecond` to `toPerSecond`, linearly. */
export interface ArrivalStage {
  durationMs: number;
  fromPerSecond: number;
  toPerSecond: number;
}

/** One open-loop stream of orders. Symbols are drawn evenly from its shards, unless one of them is hot. */
export interface Flow {
  name: string;
  shards: readonly Shard[];
  stages: readonly ArrivalStage[];
  /** This share of the orders goes to one symbol, the rest evenly to the others. */
  hot?: { symbol: string; share: number };
}

/** What happens to the broker in the middle of a phase, as a client sees it. */
export type BrokerFault = 'black hole' | 'refused';

/** Load over books of one shape. The books are emptied and seeded anew before each phase. */
export interface Phase {
  name: string;
  flows: readonly Flow[];
  seed: SeedShape;
  /** Other shapes for single symbols. */
  seedOf?: Readonly<Record<string, SeedShape>>;
  fault?: BrokerFault;
}

export interface Case {
  id: CaseId;
  asr: AsrId;
  title: string;
  k6Script: string;
  /** Where the orders go: straight to shard a, or through the gateway. */
  via: 'shard' | 'gateway';
  /** Shards that must be deployed. */
  needs: 'single' | 'multi';
  phases: readonly Phase[];
  /** Requests in flight at most; k6 calls them virtual users and starts with `vus`. */
  vus: number;
  vusMax: number;
  /** The matches a minute that the case is about; a full minute must make 95 % of them. Absent: no such rule. */
  matchesPerMinute?: number;
  /** A shortened run leaves each phase at least so long. Absent: as any. */
  phaseMsMin?: number;
  /** Measured for nothing but warm caches. */
  discarded?: boolean;
  /** Runs only when it is named. */
  onRequest?: boolean;
  /** What mex cannot do yet on any target, and what of the case is therefore NOT RUN. */
  notRun?: { part: 'case' | 'criteria'; reason: string };
}

const MINUTE_MS = 60_000;
/** Of most cases, and of who fills the books by hand. */
export const SEED: SeedShape = { ordersPerSymbol: 500, levels: 50 };
const ALL_SHARDS: readonly Shard[] = ['a', 'b', 'c'];

const constant = (perSecond: number, minutes: number): ArrivalStage => ({
  durationMs: minutes * MINUTE_MS,
  fromPerSecond: perSecond,
  toPerSecond: perSecond,
});
const ramp = (fromPerSecond: number, toPerSecond: number, minutes: number): ArrivalStage => ({
  durationMs: minutes * MINUTE_MS,
  fromPerSecond,
  toPerSecond,
});
const flow = (shards: readonly Shard[], ...stages: ArrivalStage[]): Flow => ({ name: 'orders', shards, stages });
const steady = (shards: readonly Shard[], perSecond: number, minutes: number): Phase[] => [
  { name: 'steady', flows: [flow(shards, constant(perSecond, minutes))], seed: SEED },
];
const brokerAway = (fault: BrokerFault): Phase => ({
  name: fault,
  flows: [flow(['a'], constant(17, 3))],
  seed: SEED,
  fault,
});
const depth = (name: string, ordersPerSymbol: number, levels: number): Phase => ({
  name,
  flows: [flow(['a'], constant(17, 3))],
  seed: { ordersPerSymbol, levels },
});

export const CASES: readonly Case[] = [
  {
    id: 'a1',
    asr: 'asr1',
    title: 'warm-up, discarded',
    k6Script: 'test-asr1-a1-warmup.js',
    via: 'shard',
    needs: 'single',
    phases: steady(['a'], 500 / 60, 2),
    vus: 20,
    vusMax: 50,
    discarded: true,
  },
  {
    id: 'a2',
    asr: 'asr1',
    title: 'normal load',
    k6Script: 'test-asr1-a2-normal-load.js',
    via: 'shard',
    needs: 'single',
    phases: steady(['a'], 17, 5),
    vus: 30,
    vusMax: 60,
    matchesPerMinute: 1_000,
  },
  {
    id: 'a3',
    asr: 'asr1',
    title: 'depth of the book',
    k6Script: 'test-asr1-a3-depth-variation.js',
    via: 'shard',
    needs: 'single',
    phases: [depth('shallow', 100, 10), depth('normal', 1_000, 100), depth('deep', 10_000, 500)],
    vus: 30,
    vusMax: 60,
    matchesPerMinute: 1_000,
  },
  {
    id: 'a4',
    asr: 'asr1',
    title: 'broker paused',
    k6Script: 'test-asr1-a4-kafka-degradation.js',
    via: 'shard',
    needs: 'single',
    phases: [brokerAway('black hole'), brokerAway('refused')],
    vus: 30,
    vusMax: 60,
    matchesPerMinute: 1_000,
    // Before the two faults 714 orders, without what settles, and during each 765: a quiet machine needs no more.
    phaseMsMin: 90_000,
  },
  {
    id: 'b1',
    asr: 'asr2',
    title: 'baseline, one shard through the gateway',
    k6Script: 'test-asr2-b1-baseline.js',
    via: 'gateway',
    needs: 'multi',
    phases: steady(['a'], 17, 3),
    vus: 30,
    vusMax: 60,
    matchesPerMinute: 1_000,
  },
  {
    id: 'b2',
    asr: 'asr2',
    title: 'peak, three shards',
    k6Script: 'test-asr2-b2-peak-sustained.js',
    via: 'gateway',
    needs: 'multi',
    phases: steady(ALL_SHARDS, 84, 5),
    vus: 100,
    vusMax: 200,
    matchesPerMinute: 5_000,
  },
  {
    id: 'b3',
    asr: 'asr2',
    title: 'ramp',
    k6Script: 'test-asr2-b3-ramp.js',
    via: 'gateway',
    needs: 'multi',
    phases: [
      {
        name: 'ramp',
        flows: [flow(ALL_SHARDS, constant(17, 2), ramp(17, 42, 2), ramp(42, 84, 2), constant(84, 4))],
        seed: SEED,
      },
    ],
    vus: 150,
    vusMax: 300,
    notRun: { part: 'criteria', reason: 'three fixed shards: this version of mex cannot add a shard while serving' },
  },
  {
    id: 'b4',
    asr: 'asr2',
    title: 'hot symbol',
    k6Script: 'test-asr2-b4-hot-symbol.js',
    via: 'gateway',
    needs: 'multi',
    phases: [
      {
        name: 'hot',
        flows: [{ ...flow(ALL_SHARDS, constant(84, 5)), hot: { symbol: 'TEST-ASSET-A', share: 0.8 } }],
        seed: SEED,
        seedOf: { 'TEST-ASSET-A': { ordersPerSymbol: 2_000, levels: 100 } },
      },
    ],
    vus: 100,
    vusMax: 200,
    matchesPerMinute: 5_000,
  },
  {
    id: 'b5',
    asr: 'asr2',
    title: 'isolation: the load of shard b rises half-way',
    k6Script: 'test-asr2-b5-isolation.js',
    via: 'gateway',
    needs: 'multi',
    phases: [
      {
        name: 'isolation',
        flows: [
          { name: 'steady', shards: ['a'], stages: [constant(17, 6)] },
          { name: 'rising', shards: ['b'], stages: [constant(0, 3), constant(67, 3)] },
        ],
        seed: SEED,
      },
    ],
    vus: 100,
    vusMax: 200,
  },
  {
    id: 'b6',
    asr: 'asr2',
    title: 'burst, 30 minutes',
    k6Script: 'test-asr2-b6-burst.js',
    via: 'gateway',
    needs: 'multi',
    phases: steady(ALL_SHARDS, 84, 30),
    vus: 100,
    vusMax: 200,
    matchesPerMinute: 5_000,
    onRequest: true,
  },
];

/** Planned length of a phase: its longest flow. */
export function phaseDurationMs(phase: Phase): number {
  return Math.max(...phase.flows.map(({ stages }) => stages.reduce((sum, { durationMs }) => sum + durationMs, 0)));
}

/** The shards that a phase loads. */
export function shardsOf(phase: Phase): Shard[] {
  return [...new Set(phase.flows.flatMap(({ shards }) => shards))].sort();
}
