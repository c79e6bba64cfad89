/** A folder to run mex in, with fake tools on the PATH and a fake API server behind the cluster that they make. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { FakeApiServer } from '../fixtures/kube/api-server.ts';
import { FakeTools } from '../fixtures/kube/tool-state.ts';
import { type Fates, runControllers } from './fake-controllers.ts';

export const never = new AbortController().signal;
export const NAME = 'matching-engine-exp';
/** Of this worker alone, and below what a system gives out by itself to whoever listens on port 0. */
const base = 20_000 + 10 * Number(process.env.VITEST_POOL_ID ?? 0);
export const FREE_PORTS = {
  gateway: base,
  'engine-a': base + 1,
  'engine-b': base + 2,
  'engine-c': base + 3,
  prometheus: base + 4,
  grafana: base + 5,
};

export interface World {
  tools: FakeTools;
  server: FakeApiServer;
  /** What becomes of pods. */
  fates: Fates;
  /** Where mex is run; `.mex` is below. */
  cwd: string;
  mexFolder: string;
}

export function worldEach(): World {
  const world = {} as World;
  beforeEach(async () => {
    world.cwd = mkdtempSync(join(tmpdir(), 'mex-cluster-'));
    world.mexFolder = join(world.cwd, '.mex');
    mkdirSync(join(world.cwd, 'tools'));
    world.tools = FakeTools.install(join(world.cwd, 'tools'));
    vi.stubEnv('PATH', world.tools.path);
    world.server = await FakeApiServer.start();
    furnish(world.server, 3);
    world.fates = runControllers(world.server);
    world.tools.change((state) => {
      state.kubeconfig = world.server.kubeconfig([`k3d-${NAME}`]);
    });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await world.server.close();
    rmSync(world.cwd, { recursive: true, force: true });
  });
  return world;
}

/** What is in a cluster that has just been made. */
function furnish(server: FakeApiServer, nodes: number): void {
  for (let n = 0; n < nodes; n++) {
    server.put(
      { kind: 'Node', name: `node-${n}` },
      {
        spec: {},
        metadata: n === nodes - 1 ? { labels: { 'mex.load': 'true' } } : {},
        status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.33.13' } },
      },
    );
  }
  const dns = { kind: 'Deployment', name: 'coredns', namespace: 'kube-system' } as const;
  server.put(dns, { spec: { replicas: 0, selector: { matchLabels: { 'k8s-app': 'kube-dns' } } }, status: {} });
  server.put(
    { kind: 'StorageClass', name: 'local-path' },
    { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } },
  );
}
