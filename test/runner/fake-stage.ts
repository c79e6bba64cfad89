/** A stage without processes: a target, a driver and a metrics source that do as told and remember what was asked of them. */
import { createServer, type Server } from 'node:http';
import type { LoadEvidence } from '../../src/experiment/evidence.ts';
import type { LoadPlan, LoadRun } from '../../src/load/load-driver.ts';
import type { Stage } from '../../src/runner/run-phase.ts';
import type { Deployment, Shape } from '../../src/targets/target.ts';

export interface FakeStage extends Stage {
  /** What happened, in order. */
  calls: string[];
  close(): void;
}

export interface FakeOptions {
  /** Called in place of sending load. */
  run?(plan: LoadPlan): Partial<LoadRun>;
  /** Of the load, told before it ends. */
  progressMs?: number;
}

const EMPTY = { buckets: [], count: 0, sum: 0 };
export const NOTHING_SENT: LoadEvidence = {
  scheduled: 0,
  sent: 0,
  dropped: 0,
  late: 0,
  lateMs: 1,
  accepted: 0,
  refused: 0,
  unknown: 0,
  answers: {},
  latencyFromDueUs: EMPTY,
  latencyFromSendUs: EMPTY,
  lagUs: EMPTY,
  seconds: [],
  rawLatencies: [],
  replenished: { orders: 0, reads: 0, failures: 0, blockedLevels: 0 },
};

export async function fakeStage({ run, progressMs }: FakeOptions = {}): Promise<FakeStage> {
  const calls: string[] = [];
  const server = await engineThatResets(calls);
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  let running: Deployment | undefined;
  let nowMs = 1_000_000;
  const now = (): number => {
    nowMs += 1_000;
    return nowMs;
  };
  return {
    calls,
    close: () => server.close(),
    now,
    machine: { begin: async () => async () => null },
    driver: {
      name: 'embedded',
      seed: async ({ idPrefix }) => void calls.push(`seed ${idPrefix}`),
      run: async (plan, onProgress) => {
        calls.push(`load ${plan.idPrefix}`);
        const about = { plannedMs: 0, sent: 0, failed: 0, ratePerSecond: 0, p99Ms: null };
        if (progressMs !== undefined) onProgress({ ...about, elapsedMs: progressMs });
        const startedAtMs = now();
        return { startedAtMs, endedAtMs: now(), evidence: NOTHING_SENT, generator: { cpuMs: 0 }, ...run?.(plan) };
      },
    },
    target: {
      name: 'local',
      deploy: async (shape) => {
        calls.push(`deploy ${shape}`);
        running = deploymentOf(shape, url);
        return { deployment: running, changed: true };
      },
      current: async () => running,
      undeploy: async () => [],
      holdsData: async () => false,
      countLog: async () => ({ orders: 0, matches: 0, lastSequence: 0 }),
      checkEvents: async () => ({ orders: 0, matches: 0, repeated: 0, problems: [] }),
      beginFault: async (kind) => {
        calls.push(`fault ${kind}`);
        return { means: 'by the test', end: async () => void calls.push('fault ends') };
      },
      copyLogs: async () => {},
      close: async () => {},
    },
    source: async () => ({
      name: 'collector',
      intervalMsMax: 1_000,
      scrapes: async () => ({ atMs: [1, 2], intervalMs: 1_000 }),
      samples: async ({ metric }) => [{ atMs: 0, value: metric === 'process_start_time_seconds' ? 1 : 0 }],
      histogram: async () => ({ bounds: [1], samples: [{ atMs: 0, counts: [0, 0], count: 0, sum: 0 }] }),
    }),
    keeper: async () => ({
      async *dump() {
        yield '{}';
      },
    }),
  };
}

function deploymentOf(shape: Shape, url: string): Deployment {
  const endpoint = (name: string) => ({ name, url, metricsUrl: `${url}/metrics`, pid: 1 });
  const collector = endpoint('collector');
  if (shape === 'single') return { shape, shards: { a: endpoint('engine-a') }, collector };
  const shards = { a: endpoint('engine-a'), b: endpoint('engine-b'), c: endpoint('engine-c') };
  return { shape, shards, gateway: endpoint('gateway'), collector };
}

async function engineThatResets(calls: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
