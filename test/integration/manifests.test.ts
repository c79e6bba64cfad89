/** What `kubectl kustomize` makes of the manifests, in every combination that mex can ask for: is it complete and sound? */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubeObject } from '../manifests/object-types.ts';
import {
  type Choice,
  containersOf,
  describeChoice,
  EVERY_CHOICE,
  kindsOf,
  labelsMatch,
  MANIFESTS,
  noKubectl,
  PLACES,
  parseObjects,
  podOf,
  render,
  renderChoice,
  SHAPES,
  serviceSelector,
  workloadsOf,
} from '../manifests/render.ts';
import { schemaProblems } from '../manifests/schema.ts';
import { skipped } from '../skipped.ts';

const missing = skipped(noKubectl !== undefined, 'rendered manifests', `${noKubectl}`);

const JOB = parseObjects(readFileSync(join(MANIFESTS, 'k6/job.yaml'), 'utf8'));
const rendered = new Map<string, KubeObject[]>();
const nameOf = ({ kind, metadata: { name, namespace } }: KubeObject): string => `${kind} ${namespace ?? ''}/${name}`;
const find = (objects: KubeObject[], kind: string, name: string): KubeObject => {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};

/** Made by mex, or by hand, when it deploys: what they hold belongs in no file. */
const SECRETS_FROM_OUTSIDE: Record<string, string[]> = {
  'matching-engine/mex-admin-token': ['token'],
  'monitoring/mex-grafana': ['admin-user', 'admin-password'],
};

describe.skipIf(missing)('the overlays', () => {
  it.each(readdirSync(join(MANIFESTS, 'overlays')))('%s is what mex makes of the same choice', (name) => {
    const [place = '', single] = name.split('-');
    const choice = { place, shape: single ?? 'multi', broker: 'redpanda', monitoring: 'plain' } as Choice;
    const { images } = parse(readFileSync(join(MANIFESTS, 'overlays', name, 'kustomization.yaml'), 'utf8'));
    expect(images).toHaveLength(1);
    expect(render(join(MANIFESTS, 'overlays', name))).toEqual(renderChoice(choice, images[0]));
  });

  it('are one a place and shape', () => {
    const names = PLACES.flatMap((place) => SHAPES.map((shape) => (shape === 'multi' ? place : `${place}-${shape}`)));
    expect(readdirSync(join(MANIFESTS, 'overlays')).sort()).toEqual(names.sort());
  });

  it('of the same place leave everything of shard a as it is, byte for byte, when shards come to it', () => {
    for (const place of PLACES) {
      const single = render(join(MANIFESTS, 'overlays', `${place}-single`));
      const multi = render(join(MANIFESTS, 'overlays', place)).map((object) => JSON.stringify(object));
      expect(single.length).toBeGreaterThan(20);
      for (const object of single) expect(multi, nameOf(object)).toContain(JSON.stringify(object));
    }
  });
});

describe.skipIf(missing)('every combination', () => {
  beforeAll(() => {
    for (const choice of EVERY_CHOICE) rendered.set(describeChoice(choice), renderChoice(choice));
  });

  it('is of objects that Kubernetes knows, with no field that it does not', async () => {
    const problems: string[] = [];
    for (const objects of rendered.values()) {
      for (const object of [...objects, ...JOB]) {
        problems.push(...(await schemaProblems(object)).map((problem) => `${nameOf(object)} ${problem}`));
      }
    }
    expect([...new Set(problems)]).toEqual([]);
  });

  it('has each object once, in one of the two namespaces, labelled as made by mex', () => {
    for (const objects of rendered.values()) {
      const names = objects.map(nameOf);
      expect(new Set(names).size).toBe(names.length);
      for (const { kind, metadata } of objects) {
        expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
          'app.kubernetes.io/managed-by': 'mex',
          'app.kubernetes.io/part-of': 'mex',
        });
        const namespaces = ['Namespace', 'StorageClass'].includes(kind)
          ? [undefined]
          : ['matching-engine', 'monitoring'];
        expect(namespaces).toContain(metadata.namespace);
      }
    }
  });

  it('holds pods whose selectors, claims, accounts, ConfigMaps and Secrets are there', () => {
    for (const objects of rendered.values()) {
      for (const workload of workloadsOf(objects)) {
        const { namespace } = workload.metadata;
        const { labels } = workload.spec.template.metadata;
        expect(labelsMatch(workload.spec.selector, labels), nameOf(workload)).toBe(true);
        const pod = podOf(workload);
        const account = objects.find(
          ({ kind, metadata }) =>
            kind === 'ServiceAccount' && metadata.name === pod.serviceAccountName && metadata.namespace === namespace,
        );
        expect(account, nameOf(workload)).toBeDefined();
        const volumes = [
          ...(pod.volumes ?? []).map(({ name }: { name: string }) => name),
          ...(workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
        ];
        for (const container of containersOf(workload)) {
          for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name);
          for (const { valueFrom } of container.env ?? []) {
            const { name, key } = valueFrom?.secretKeyRef ?? {};
            if (name !== undefined) expect(SECRETS_FROM_OUTSIDE[`${namespace}/${name}`]).toContain(key);
          }
        }
        for (const { configMap } of pod.volumes ?? []) {
          if (configMap === undefined) continue;
          const there = objects.some(
            ({ kind, metadata }) =>
              kind === 'ConfigMap' && metadata.name === configMap.name && metadata.namespace === namespace,
          );
          expect(there, `ConfigMap ${namespace}/${configMap.name}`).toBe(true);
        }
      }
    }
  });

  it('has services that lead to pods, by ports that those have, and a headless one for each StatefulSet', () => {
    for (const [choice, objects] of rendered) {
      for (const service of kindsOf(objects, 'Service')) {
        const targets = workloadsOf(objects).filter(
          ({ metadata, spec }) =>
            metadata.namespace === service.metadata.namespace &&
            labelsMatch(serviceSelector(service), spec.template.metadata.labels),
        );
        expect(targets.length, `${choice}: ${nameOf(service)}`).toBeGreaterThan(0);
        for (const target of targets) {
          const ports = containersOf(target).flatMap(({ ports = [] }) =>
            ports.map(({ name }: { name: string }) => name),
          );
          for (const { targetPort } of service.spec.ports) expect(ports, nameOf(service)).toContain(targetPort);
        }
      }
      for (const { spec } of kindsOf(objects, 'StatefulSet')) {
        expect(find(objects, 'Service', spec.serviceName).spec.clusterIP).toBe('None');
      }
    }
  });

  it('runs one image of mex, the one that is asked for, and pins every other', () => {
    for (const objects of rendered.values()) {
      const images = workloadsOf(objects).flatMap((workload) => containersOf(workload).map(({ image }) => `${image}`));
      for (const image of images) expect(image).toMatch(/^[\w.-]+(\/[\w.-]+)*:v?\d+\.\d+\.\d+$/);
      const own = images.filter((image) => image.includes('mex'));
      expect(own.length).toBeGreaterThan(0);
      expect(new Set(own)).toEqual(new Set(['registry.example/mex:9.9.9']));
    }
  });
});

describe.skipIf(missing)('the places', () => {
  const objects = (place: Choice['place'], shape: Choice['shape'] = 'multi'): KubeObject[] =>
    renderChoice({ place, shape, broker: 'redpanda', monitoring: 'plain' });
  const portsOf = (of: KubeObject[]): Record<string, number | undefined> =>
    Object.fromEntries(
      kindsOf(of, 'Service')
        .filter(({ spec }) => spec.type === 'NodePort')
        .map(({ metadata, spec }) => [metadata.name, spec.ports[0]?.nodePort]),
    );

  it('of which k3d opens node ports for orders, Prometheus and Grafana, and none for metrics', () => {
    expect(portsOf(objects('k3d'))).toEqual({
      'edge-gateway': 30_080,
      'me-shard-a': 30_081,
      'me-shard-b': 30_082,
      'me-shard-c': 30_083,
      prometheus: 30_090,
      grafana: 30_030,
    });
    for (const { spec } of kindsOf(objects('k3d'), 'Service').filter(({ spec }) => spec.type === 'NodePort')) {
      expect(spec.ports.map(({ name }: { name: string }) => name)).toEqual([expect.stringMatching(/^http$/)]);
    }
    expect(portsOf(objects('k3d', 'single'))).toEqual({ 'me-shard-a': 30_081, prometheus: 30_090, grafana: 30_030 });
  });

  it.each(['aws', 'oci'] as const)(
    'of which %s has a load balancer inside the network for the gateway alone',
    (place) => {
      const services = kindsOf(objects(place), 'Service');
      const balanced = services.filter(({ spec }) => spec.type === 'LoadBalancer');
      expect(balanced.map(({ metadata }) => metadata.name)).toEqual(['edge-gateway']);
      expect(Object.entries(balanced[0]?.metadata.annotations ?? {})).toContainEqual([
        expect.stringMatching(/load-balancer-internal$/),
        'true',
      ]);
      expect(portsOf(objects(place))).toEqual({});
    },
  );

  it('take images from where they are', () => {
    const policyOf = (place: Choice['place']): Set<string> =>
      new Set(
        workloadsOf(objects(place))
          .flatMap((workload) => containersOf(workload))
          .filter(({ image }) => `${image}`.startsWith('registry.example/'))
          .map(({ imagePullPolicy }) => imagePullPolicy),
      );
    expect(policyOf('k3d')).toEqual(new Set(['Never']));
    expect(policyOf('aws')).toEqual(new Set(['Always']));
    expect(policyOf('oci')).toEqual(new Set(['Always']));
  });

  it('give every claim a class of volumes that is there, k3d its own default', () => {
    const classesOf = (place: Choice['place']): Set<string | undefined> =>
      new Set(
        kindsOf(objects(place), 'StatefulSet').flatMap(({ spec }) =>
          (spec.volumeClaimTemplates ?? []).map((claim) => claim.spec.storageClassName),
        ),
      );
    expect(classesOf('k3d')).toEqual(new Set([undefined]));
    expect(classesOf('aws')).toEqual(new Set(['mex-gp3']));
    expect(find(objects('aws'), 'StorageClass', 'mex-gp3').parameters).toEqual({ type: 'gp3', encrypted: 'true' });
    expect(classesOf('oci')).toEqual(new Set(['oci-bv']));
  });

  it('of which oci runs mex on arm64, and asks for no more than four cores', () => {
    const workloads = workloadsOf(objects('oci'));
    for (const workload of workloads.filter(({ metadata }) => /^(me-shard|edge)/.test(metadata.name))) {
      expect(podOf(workload).nodeSelector).toEqual({ 'kubernetes.io/arch': 'arm64' });
    }
    const asked = workloads
      .flatMap((workload) => containersOf(workload))
      .map(({ resources }) => `${resources.requests.cpu}`)
      .map((cpu) => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1_000 : Number(cpu)));
    // Half a core is left for what the cluster itself runs.
    expect(asked.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(3.5);
  });
});
