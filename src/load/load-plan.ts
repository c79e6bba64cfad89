/** What a driver is to send, as it also goes to the generator's process and to k6: as JSON. */
import type { Phase } from '../experiment/cases.ts';

/** Everything a driver must know of one phase. */
export interface LoadPlan {
  /** Part of every order id, so that ids are unique across cases, phases, repetitions and runs. At most 40 characters. */
  idPrefix: string;
  phase: Phase;
  /** The case's script in `k6/`. */
  k6Script: string;
  seed: number;
  vusMax: number;
  /** Base URL that takes `POST /orders` and `GET /book/{symbol}`. */
  ordersUrl: string;
  /** The same as pods of the cluster reach it, where the servers run in one. */
  ordersUrlInside?: string;
  /** Of engines that ask for one before they take seeds. */
  adminToken?: string;
  /** URL that takes a shard's `POST` of seeds, by shard id. */
  seedUrls: Record<string, string>;
  /** Flows whose raw latencies are kept. */
  rawFlows: string[];
  /** Where the phase stands, for whoever shows its series beside others: `RUN/CASE/PHASE`, and `/r2` when repeated. */
  testId?: string;
  /** A driver that has metrics of its own pushes them there, by Prometheus' remote write; absent: nowhere. */
  remoteWriteUrl?: string;
  /** A driver that runs a program of somebody else's keeps its output here, under this name; absent: nowhere. */
  logs?: { folder: string; name: string };
}
