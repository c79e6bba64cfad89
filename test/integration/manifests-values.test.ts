/** What stands in manifests and in the sources both is the same; what the contract says of sizes is there to the letter. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseEngineConfig } from '../../src/engine/engine-config.ts';
import { findRoute } from '../../src/engine/http/routes.ts';
import { SHORT_COLLECTIONS } from '../../src/exec/short-collections.ts';
import { parseGatewayConfig } from '../../src/gateway/gateway-config.ts';
import { routeOf } from '../../src/gateway/routes.ts';
import { SHAPE_SHARDS, SHARD_IDS, SHARD_SYMBOLS } from '../../src/protocol/shards.ts';
import type { Container, KubeObject, Probe } from '../manifests/object-types.ts';
import {
  containersOf,
  kindsOf,
  MANIFESTS,
  noKubectl,
  parseObjects,
  podOf,
  renderChoice,
  workloadsOf,
} from '../manifests/render.ts';
import { skipped } from '../skipped.ts';

const missing = skipped(noKubectl !== undefined, 'the values of rendered manifests', `${noKubectl}`);
const ROOT = resolve(import.meta.dirname, '../..');
const packageVersion: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

const JOB = parseObjects(readFileSync(join(MANIFESTS, 'k6/job.yaml'), 'utf8'));

const objectsOf = (place: 'k3d' | 'aws' | 'oci' = 'aws', broker: 'redpanda' | 'kafka' = 'kafka'): KubeObject[] =>
  renderChoice({ place, shape: 'multi', broker, monitoring: 'plain' });

function workload(name: string, objects = objectsOf()): KubeObject {
  const found = workloadsOf(objects).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no workload ${name}`);
  return found;
}

function containerOf(name: string, objects = objectsOf()): Container {
  const [container] = containersOf(workload(name, objects)).slice(-1);
  if (container === undefined) throw new Error(`${name} has no container`);
  return container;
}

const variablesOf = ({ env = [] }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'from-a-secret']));

/** The environment that a server is started with, as its own parser reads it. */
function environmentOf(name: string): Record<string, string> {
  return variablesOf(containerOf(name));
}

function servicePort(address: string): number {
  const { hostname, port } = new URL(`http://${address.replace(/^\w+:\/\//, '')}`);
  const service = kindsOf(objectsOf(), 'Service').find(({ metadata }) => metadata.name === hostname);
  expect(service?.spec.ports.map((one: { port: number }) => one.port)).toContain(Number(port));
  return Number(port);
}

describe.skipIf(missing)('a shard', () => {
  it.each(SHARD_IDS)('%s is an engine with its symbols, durable, reachable, and with a log on its volume', (shard) => {
    const name = `me-shard-${shard}`;
    const config = parseEngineConfig(environmentOf(name));
    expect(config).toMatchObject({
      shardId: shard,
      symbols: SHARD_SYMBOLS[shard],
      httpHost: '0.0.0.0',
      ackMode: 'durable',
      eventDelivery: 'at-least-once',
      adminToken: 'from-a-secret',
    });
    const { ports, volumeMounts } = containerOf(name);
    expect(ports).toEqual([
      { name: 'http', containerPort: config.httpPort },
      { name: 'metrics', containerPort: config.metricsPort },
    ]);
    expect(volumeMounts).toHaveLength(1);
    // A folder of it: the root of a volume may hold what is its file system's.
    expect(config.walPath.startsWith(`${volumeMounts?.[0]?.mountPath}/`)).toBe(true);
    for (const broker of config.kafkaBootstrap) servicePort(broker);
  });

  it('runs with the flags of the local target', () => {
    const { command, args } = containerOf('me-shard-a');
    expect(command).toEqual(['node', ...SHORT_COLLECTIONS, '/app/bin/run.js']);
    expect(args).toEqual(['serve', 'engine']);
  });

  it('is asked by its probes for pages that an engine has', () => {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf('me-shard-a');
    const pageOf = (probe?: Probe) => findRoute('GET', probe?.httpGet?.path ?? '');
    expect(pageOf(startupProbe)).toMatchObject({ name: 'ready' });
    expect(pageOf(readinessProbe)).toMatchObject({ name: 'ready' });
    expect(pageOf(livenessProbe)).toMatchObject({ name: 'health' });
  });

  it('is there for each shape of the sources', () => {
    for (const shape of ['single', 'multi'] as const) {
      const objects = renderChoice({ place: 'aws', shape, broker: 'kafka', monitoring: 'plain' });
      const names = workloadsOf(objects)
        .map(({ metadata }) => metadata.name)
        .filter((name) => /^(me-shard|edge-gateway)/.test(name));
      const shards = SHAPE_SHARDS[shape].map((shard) => `me-shard-${shard}`);
      expect(names.sort()).toEqual(shape === 'multi' ? ['edge-gateway', ...shards] : shards);
    }
  });
});

describe.skipIf(missing)('the gateway', () => {
  const config = () => parseGatewayConfig(environmentOf('edge-gateway'));

  it('has the shards and symbols that are its default, at services that are there', () => {
    const byDefault = parseGatewayConfig({});
    expect(config().map.shards).toEqual(byDefault.map.shards);
    expect(config()).toMatchObject({ httpHost: '0.0.0.0', limits: byDefault.limits });
    for (const { origin } of config().map.shards) expect(servicePort(origin)).toBe(8080);
    const { ports } = containerOf('edge-gateway');
    expect(ports?.map(({ containerPort }) => containerPort)).toEqual([config().httpPort, config().metricsPort]);
  });

  it('is given time to ask every shard, and to drain', () => {
    const { readinessProbe, livenessProbe, startupProbe, lifecycle } = containerOf('edge-gateway');
    for (const [probe, page] of [
      [readinessProbe, 'ready'],
      [livenessProbe, 'health'],
      [startupProbe, 'health'],
    ] as const) {
      expect(routeOf('GET', probe?.httpGet?.path ?? '')).toMatchObject({ kind: 'own', page });
    }
    const { timeoutMs } = config().limits;
    expect((readinessProbe?.timeoutSeconds ?? 1) * 1_000).toBeGreaterThan(timeoutMs);
    const [program, seconds] = lifecycle?.preStop.exec.command ?? [];
    expect(program).toBe('sleep');
    const { terminationGracePeriodSeconds } = podOf(workload('edge-gateway'));
    expect(terminationGracePeriodSeconds * 1_000).toBeGreaterThan(Number(seconds) * 1_000 + 2 * timeoutMs);
  });
});

describe.skipIf(missing)('sizes', () => {
  const SIZES = {
    'me-shard-a': { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    'me-shard-b': { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    'me-shard-c': { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '2', memory: '1Gi' } },
    'edge-gateway': { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } },
    broker: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } },
    prometheus: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    grafana: { requests: { cpu: '250m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
  };

  it.each(['k3d', 'aws'] as const)('on %s are those of the contract', (place) => {
    for (const broker of ['redpanda', 'kafka'] as const) {
      for (const [name, size] of Object.entries(SIZES)) {
        expect(containerOf(name, objectsOf(place, broker)).resources, name).toMatchObject(size);
      }
    }
  });

  it('on oci ask for less CPU, and are otherwise the same', () => {
    for (const [name, { requests, limits }] of Object.entries(SIZES)) {
      const { resources } = containerOf(name, objectsOf('oci'));
      expect(resources, name).toMatchObject({ requests: { memory: requests.memory }, limits });
    }
  });
});

describe.skipIf(missing)('a broker', () => {
  it.each(['redpanda', 'kafka'] as const)('%s advertises the address that shards have of it', (broker) => {
    const { args = [], env = [] } = containerOf('broker', objectsOf('k3d', broker));
    const advertised = [...args, ...env.map(({ name, value }) => `${name}=${value}`)].find(
      (one) => /advertise/i.test(one) && /kafka:/i.test(one),
    );
    expect(advertised?.toLowerCase()).toContain(`kafka://${environmentOf('me-shard-a').KAFKA_BOOTSTRAP},`);
    const service = kindsOf(objectsOf('k3d', broker), 'Service').find(({ metadata }) => metadata.name === 'broker');
    expect(service?.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(podOf(workload('broker', objectsOf('k3d', broker))).shareProcessNamespace).toBe(true);
  });
});

describe.skipIf(missing)('monitoring', () => {
  const dataOf = (name: string): Record<string, string> =>
    kindsOf(objectsOf(), 'ConfigMap').find(({ metadata }) => metadata.name === name)?.data ?? {};

  it('scrapes what is annotated in matching-engine each 5 s, and evaluates the rules that are tested', () => {
    const { 'prometheus.yml': text, 'recording-rules.yml': rules } = dataOf('prometheus-config');
    expect(rules).toBe(readFileSync(join(MANIFESTS, 'prometheus/recording-rules.yml'), 'utf8'));
    const { global, rule_files, scrape_configs } = parse(text ?? '');
    expect(global).toEqual({ scrape_interval: '5s', scrape_timeout: '4s', evaluation_interval: '5s' });
    expect(rule_files).toEqual(['recording-rules.yml']);
    const found = scrape_configs.flatMap(({ kubernetes_sd_configs = [] }) => kubernetes_sd_configs);
    expect(found).toEqual([{ role: 'pod', namespaces: { names: ['matching-engine'] } }]);
    for (const name of ['me-shard-a', 'edge-gateway']) {
      const { annotations } = workload(name).spec.template.metadata;
      expect(annotations).toEqual({
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': environmentOf(name).METRICS_PORT,
        'prometheus.io/path': '/metrics',
      });
    }
  });

  it('takes what k6 writes, at the address that its Job has', () => {
    expect(containerOf('prometheus').args).toContain('--web.enable-remote-write-receiver');
    const {
      K6_PROMETHEUS_RW_SERVER_URL = '',
      ME_SHARD_A_URL = '',
      GATEWAY_URL = '',
    } = variablesOf(containerOf('k6', JOB));
    const url = new URL(K6_PROMETHEUS_RW_SERVER_URL);
    expect(url.pathname).toBe('/api/v1/write');
    servicePort(url.host.replace('.monitoring', ''));
    for (const address of [ME_SHARD_A_URL, GATEWAY_URL]) servicePort(address);
  });

  it('shows the dashboard and the data source that are provisioned', () => {
    const { MEX_DASHBOARDS, PROMETHEUS_URL = '' } = variablesOf(containerOf('grafana'));
    const mounts = containerOf('grafana').volumeMounts?.filter(({ name }) => name === 'dashboards');
    expect(mounts?.map(({ mountPath }) => mountPath)).toEqual([MEX_DASHBOARDS]);
    servicePort(PROMETHEUS_URL);
    expect(Object.keys(dataOf('grafana-provisioning')).sort()).toEqual(['me-experiment.yaml', 'prometheus.yaml']);
    expect(Object.keys(dataOf('me-experiment-dashboard'))).toEqual(['me-experiment.json']);
  });
});

describe.skipIf(missing)('the image', () => {
  it('is that of this version, in the manifests as they stand', () => {
    expect(containersOf(workload('k6', JOB))[0]?.image).toBe(`mex:${packageVersion}`);
    for (const file of ['shard/statefulset.yaml', 'gateway/deployment.yaml']) {
      expect(readFileSync(join(MANIFESTS, file), 'utf8')).toContain(`image: mex:${packageVersion}\n`);
    }
    for (const overlay of ['k3d', 'k3d-single', 'aws', 'aws-single', 'oci', 'oci-single']) {
      const { images } = parse(readFileSync(join(MANIFESTS, 'overlays', overlay, 'kustomization.yaml'), 'utf8'));
      expect(images[0].newTag).toBe(packageVersion);
    }
  });

  it('runs as the user that the manifests run it as', () => {
    const [, user, group] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? [];
    for (const name of ['me-shard-a', 'edge-gateway']) {
      expect(podOf(workload(name)).securityContext).toMatchObject({
        runAsUser: Number(user),
        runAsGroup: Number(group),
      });
    }
    expect(dockerfile).toContain('ENTRYPOINT ["node", "/app/bin/run.js"]');
    expect(containerOf('edge-gateway').command).toBeUndefined();
    expect(containerOf('edge-gateway').args).toEqual(['serve', 'gateway']);
  });
});
