/** A cluster behind a fake API server, with the record of it, and what its node ports lead to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type ClusterRecord, clusterFiles, makeFolder, writeRecord } from '../../../src/cluster/cluster-record.ts';
import type { Platform } from '../../../src/cluster/platform.ts';
import type { KubeObject } from '../../../src/kubernetes/object-types.ts';
import type { Shape } from '../../../src/protocol/shards.ts';
import { KubernetesTarget, type KubernetesTargetOptions } from '../../../src/targets/kubernetes/kubernetes-target.ts';
import { FakeApiServer } from '../../fixtures/kube/api-server.ts';
import { FakeControllers } from '../../fixtures/kube/controllers.ts';

export const never = new AbortController().signal;
export const NAMESPACE = 'matching-engine';
export const CONTEXT = 'k3d-mex-test';
const EVERY_MS = 5;
export const PLATFORM: Platform = { broker: 'kafka', observability: 'plain', place: 'k3d', image: 'mex:1' };

export interface ClusterWorld {
  server: FakeApiServer;
  controllers: FakeControllers;
  folder: string;
  /** What the node ports answer, by path; absent: 200. */
  answer: (path: string) => number;
  nodePort: number;
  /** Which image the next render has. */
  image: string;
  target(options?: Partial<KubernetesTargetOptions>): KubernetesTarget;
  record(record: Partial<ClusterRecord>): Promise<void>;
}

export function clusterEach(): ClusterWorld {
  const world = {} as ClusterWorld;
  let nodePorts: Server;
  let open: KubernetesTarget[];
  beforeEach(async () => {
    open = [];
    world.answer = () => 200;
    world.image = PLATFORM.image;
    world.folder = join(mkdtempSync(join(tmpdir(), 'mex-k8s-')), '.mex');
    world.server = await FakeApiServer.start();
    world.controllers = new FakeControllers(world.server);
    const token = Buffer.from('a-token').toString('base64');
    world.server.put({ kind: 'Secret', name: 'mex-admin-token', namespace: NAMESPACE }, { data: { token } });
    nodePorts = createServer(({ url = '' }, response) => response.writeHead(world.answer(url)).end('{}'));
    await new Promise<void>((resolve) => nodePorts.listen(0, '127.0.0.1', resolve));
    world.nodePort = (nodePorts.address() as AddressInfo).port;
    world.record = (record) => writeRecordWith(world, record);
    await world.record({});
    world.target = (options = {}) => {
      const render: KubernetesTargetOptions['render'] = async ({ platform, shape }) =>
        manifestsOf(shape, platform.image);
      const made = new KubernetesTarget({ folder: world.folder, rollout: { everyMs: EVERY_MS }, render, ...options });
      open.push(made);
      return made;
    };
  });
  afterEach(async () => {
    for (const target of open) await target.close();
    nodePorts.closeAllConnections();
    await new Promise((resolve) => nodePorts.close(resolve));
    await world.server.close();
    rmSync(join(world.folder, '..'), { recursive: true, force: true });
  });
  return world;
}

async function writeRecordWith({ server, folder, nodePort }: ClusterWorld, record: Partial<ClusterRecord>) {
  const { writeFile } = await import('node:fs/promises');
  await makeFolder(folder);
  await writeFile(clusterFiles(folder).kubeconfig, server.kubeconfig([CONTEXT]));
  const names = ['gateway', 'engine-a', 'engine-b', 'engine-c', 'prometheus', 'grafana'];
  const ports = Object.fromEntries(names.map((name) => [name, nodePort]));
  const plan = { name: CONTEXT.replace('k3d-', ''), agents: 0, ports };
  const own = { version: 1, kind: 'k3d', id: 'test', phase: 'made', plan, platform: PLATFORM };
  await writeRecord(folder, { ...own, ...record } as ClusterRecord);
}

const MADE = { 'app.kubernetes.io/managed-by': 'mex' };

/** As the overlays render them, as far as mex looks at it; with a part of the platform, which is not mex deploy's to touch. */
export function manifestsOf(shape: Shape, image: string): KubeObject[] {
  const shards = shape === 'single' ? ['a'] : ['a', 'b', 'c'];
  const gateway = shape === 'single' ? [] : gatewayManifests(image);
  const broker = object('StatefulSet', 'broker', { app: 'broker' }, { replicas: 1 });
  const names = object('Service', 'me-shards', { app: 'me-shard' }, { clusterIP: 'None' });
  return [broker, names, ...shards.flatMap((shard) => shardManifests(shard, image)), ...gateway];
}

function shardManifests(shard: string, image: string): KubeObject[] {
  const labels = { app: 'me-shard', shard };
  const name = `me-shard-${shard}`;
  return [
    object('Service', name, labels, { selector: labels }),
    object('PodDisruptionBudget', name, labels, { minAvailable: 1 }),
    object('StatefulSet', name, labels, {
      replicas: 1,
      selector: { matchLabels: labels },
      template: templateOf(labels, 'engine', image),
      volumeClaimTemplates: [{ metadata: { name: 'data', labels: { ...MADE, shard } } }],
    }),
  ];
}

function gatewayManifests(image: string): KubeObject[] {
  const labels = { app: 'edge-gateway' };
  return [
    object('Service', 'edge-gateway', labels, { selector: labels }),
    object('PodDisruptionBudget', 'edge-gateway', labels, { minAvailable: 1 }),
    object('Deployment', 'edge-gateway', labels, {
      replicas: 1,
      selector: { matchLabels: labels },
      template: templateOf(labels, 'gateway', image),
    }),
  ];
}

function templateOf(labels: Record<string, string>, container: string, image: string): object {
  return { metadata: { labels: { ...MADE, ...labels } }, spec: { containers: [{ name: container, image }] } };
}

const VERSIONS: Record<string, string> = {
  Service: 'v1',
  PodDisruptionBudget: 'policy/v1',
  StatefulSet: 'apps/v1',
  Deployment: 'apps/v1',
};

function object(kind: string, name: string, labels: Record<string, string>, spec: object): KubeObject {
  const metadata = { name, namespace: NAMESPACE, labels: { ...MADE, ...labels } };
  return { apiVersion: VERSIONS[kind] ?? '', kind, metadata, spec };
}
