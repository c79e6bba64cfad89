/** The security of what is rendered: each line of the standard that applies, and every way that is open or closed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { mayConnect, OUTSIDE, type Peer, type Port } from '../manifests/network.ts';
import type { KubeObject } from '../manifests/object-types.ts';
import {
  type Choice,
  containersOf,
  EVERY_CHOICE,
  kindsOf,
  labelsMatch,
  MANIFESTS,
  noKubectl,
  parseObjects,
  podOf,
  renderChoice,
  workloadsOf,
} from '../manifests/render.ts';
import { skipped } from '../skipped.ts';

const missing = skipped(noKubectl !== undefined, 'the policy of rendered manifests', `${noKubectl}`);
const JOB = parseObjects(readFileSync(join(MANIFESTS, 'k6/job.yaml'), 'utf8'));

/** The pods of every combination, once each, as `KIND NAME` and what makes them. */
const pods = new Map<string, KubeObject>();
const namespaced = (kind: string): KubeObject[] => everything.filter((object) => object.kind === kind);
let everything: KubeObject[] = [];

beforeAll(() => {
  if (missing) return;
  everything = [...EVERY_CHOICE.flatMap((choice) => renderChoice(choice)), ...JOB];
  for (const workload of workloadsOf(everything)) pods.set(JSON.stringify(workload), workload);
});

const each = (check: (workload: KubeObject, name: string) => void): void => {
  expect(pods.size).toBeGreaterThan(10);
  for (const workload of pods.values()) check(workload, `${workload.kind} ${workload.metadata.name}`);
};

describe.skipIf(missing)('every pod', () => {
  it('runs as a numbered user that is not root, without a way to become more', () => {
    each((workload, name) => {
      const { securityContext, hostNetwork, hostPID, hostIPC } = podOf(workload);
      expect(securityContext, name).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(securityContext.runAsUser, name).toBeGreaterThan(0);
      expect(securityContext.runAsGroup, name).toBeGreaterThan(0);
      expect([hostNetwork, hostPID, hostIPC], name).toEqual([undefined, undefined, undefined]);
      for (const container of containersOf(workload)) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        for (const { hostPort } of container.ports ?? []) expect(hostPort, name).toBeUndefined();
      }
    });
  });

  it('writes to volumes of its own that have an end', () => {
    each((workload, name) => {
      for (const { name: _, ...source } of podOf(workload).volumes ?? []) {
        expect(Object.keys(source), name).toEqual([expect.stringMatching(/^(emptyDir|configMap)$/)]);
        if (source.emptyDir !== undefined) expect(source.emptyDir.sizeLimit, name).toMatch(/^\d+[MG]i$/);
      }
      if (workload.spec.volumeClaimTemplates === undefined) return;
      expect(podOf(workload).securityContext, name).toMatchObject({
        fsGroup: podOf(workload).securityContext.runAsGroup,
        fsGroupChangePolicy: 'OnRootMismatch',
      });
      expect(workload.spec.persistentVolumeClaimRetentionPolicy).toEqual({
        whenDeleted: 'Retain',
        whenScaled: 'Retain',
      });
      for (const { spec } of workload.spec.volumeClaimTemplates) expect(spec.accessModes).toEqual(['ReadWriteOncePod']);
    });
  });

  it('asks for CPU, memory and scratch space, and is limited in each', () => {
    each((workload, name) => {
      for (const { resources } of containersOf(workload)) {
        for (const side of [resources.requests, resources.limits]) {
          expect(Object.keys(side).sort(), name).toEqual(['cpu', 'ephemeral-storage', 'memory']);
        }
      }
    });
  });

  it('gets no token of the API but Prometheus, which may read pods of matching-engine and nothing else', () => {
    each((workload, name) => {
      expect(podOf(workload).automountServiceAccountToken, name).toBe(workload.metadata.name === 'prometheus');
    });
    for (const account of namespaced('ServiceAccount')) expect(account.automountServiceAccountToken).toBe(false);
    expect(everything.filter(({ kind }) => /^ClusterRole/.test(kind))).toEqual([]);
    for (const { metadata, rules } of namespaced('Role')) {
      expect(metadata).toMatchObject({ name: 'prometheus', namespace: 'matching-engine' });
      expect(rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]);
    }
    for (const { roleRef, subjects } of namespaced('RoleBinding')) {
      expect(roleRef).toMatchObject({ kind: 'Role', name: 'prometheus' });
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'monitoring' }]);
    }
  });

  it('is configured by its manifest alone, and by no secret in it', () => {
    each((workload, name) => {
      expect(podOf(workload).enableServiceLinks, name).toBe(false);
      for (const { env = [], args = [], command = [] } of containersOf(workload)) {
        for (const { name: variable, value, valueFrom } of env) {
          if (!/TOKEN|PASSWORD|SECRET/.test(variable)) continue;
          expect([value, valueFrom?.secretKeyRef?.optional], variable).toEqual([undefined, undefined]);
          expect(valueFrom?.secretKeyRef, variable).toBeDefined();
        }
        expect([...args, ...command].join(' ')).not.toMatch(/token|password/i);
      }
    });
    expect(namespaced('Secret')).toEqual([]);
  });

  it('is watched by probes; only a broker that is paused must not be ended for it', () => {
    each((workload, name) => {
      if (workload.kind === 'Job') return;
      for (const container of containersOf(workload)) {
        expect(container.startupProbe, name).toBeDefined();
        expect(container.readinessProbe, name).toBeDefined();
        expect(container.livenessProbe === undefined, name).toBe(workload.metadata.name === 'broker');
        const ports = container.ports?.map(({ name: port }) => port);
        for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
          if (probe !== undefined) expect(ports, name).toContain((probe.httpGet ?? probe.tcpSocket)?.port);
        }
      }
      expect(podOf(workload).terminationGracePeriodSeconds, name).toBeGreaterThanOrEqual(30);
    });
  });
});

describe.skipIf(missing)('the namespaces', () => {
  it('enforce the restricted standard and deny what is not listed, both ways', () => {
    for (const choice of EVERY_CHOICE) {
      const objects = renderChoice(choice);
      const names = kindsOf(objects, 'Namespace').map(({ metadata }) => metadata.name);
      expect(names.sort()).toEqual(['matching-engine', 'monitoring']);
      for (const { metadata } of kindsOf(objects, 'Namespace')) {
        for (const mode of ['enforce', 'warn', 'audit']) {
          expect(metadata.labels?.[`pod-security.kubernetes.io/${mode}`]).toBe('restricted');
        }
        const denied = kindsOf(objects, 'NetworkPolicy').filter(
          ({ metadata: policy, spec }) =>
            policy.namespace === metadata.name &&
            Object.keys(spec.podSelector).length === 0 &&
            !spec.egress &&
            !spec.ingress,
        );
        expect(denied.map(({ spec }) => spec)).toEqual([{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }]);
      }
    }
  });

  it('let nobody drain away what is measured: a budget for each of its workloads, and for nothing else', () => {
    for (const choice of EVERY_CHOICE) {
      const objects = renderChoice(choice);
      const inEngine = workloadsOf(objects).filter(({ metadata }) => metadata.namespace === 'matching-engine');
      const covered = kindsOf(objects, 'PodDisruptionBudget').map(({ metadata, spec }) => {
        expect(spec.minAvailable).toBe(1);
        const selected = inEngine.filter(({ spec: of }) => labelsMatch(spec.selector, of.template.metadata.labels));
        expect(selected.map(({ metadata: of }) => of.name)).toEqual([metadata.name]);
        return metadata.name;
      });
      expect(covered.sort()).toEqual(inEngine.map(({ metadata }) => metadata.name).sort());
    }
  });
});

describe.skipIf(missing)('the network', () => {
  const policiesOf = (choice: Partial<Choice> = {}): KubeObject[] =>
    kindsOf(
      renderChoice({ place: 'aws', shape: 'multi', broker: 'kafka', monitoring: 'plain', ...choice }),
      'NetworkPolicy',
    );

  /** Labels as the workloads have them: those of this choice, k6's Job, and two that no manifest knows. */
  function peersOf(choice: Partial<Choice> = {}): Record<string, Peer> {
    const objects = [
      ...renderChoice({ place: 'aws', shape: 'multi', broker: 'kafka', monitoring: 'plain', ...choice }),
      ...JOB,
    ];
    const own = workloadsOf(objects).map((workload): [string, Peer] => {
      const ports = containersOf(workload).flatMap((container) => container.ports ?? []);
      return [
        workload.metadata.name,
        {
          namespace: workload.metadata.namespace ?? '',
          labels: workload.spec.template.metadata.labels,
          ports: Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort])),
        },
      ];
    });
    const charts = ['prometheus', 'grafana'].map((name): [string, Peer] => [
      name,
      { namespace: 'monitoring', labels: { 'app.kubernetes.io/name': name }, ports: {} },
    ]);
    return {
      ...(choice.monitoring === 'helm' ? Object.fromEntries(charts) : {}),
      ...Object.fromEntries(own),
      dns: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ports: {} },
      stranger: { namespace: 'default', labels: { app: 'k6' }, ports: {} },
      guest: { namespace: 'matching-engine', labels: { app: 'guest' }, ports: {} },
      outside: OUTSIDE,
    };
  }

  type Flow = [string, string, number];
  const OPEN: Flow[] = [
    ['outside', 'edge-gateway', 8080],
    ['k6', 'edge-gateway', 8080],
    ['edge-gateway', 'me-shard-a', 8080],
    ['edge-gateway', 'me-shard-c', 8080],
    ['k6', 'me-shard-b', 8080],
    ['me-shard-a', 'broker', 9092],
    ['prometheus', 'me-shard-a', 9091],
    ['prometheus', 'edge-gateway', 9091],
    ['k6', 'prometheus', 9090],
    ['grafana', 'prometheus', 9090],
    ['prometheus', 'outside', 443],
    ['prometheus', 'outside', 6443],
  ];
  const CLOSED: Flow[] = [
    ['outside', 'me-shard-a', 8080],
    ['outside', 'me-shard-a', 9091],
    ['outside', 'edge-gateway', 9091],
    ['outside', 'broker', 9092],
    ['outside', 'prometheus', 9090],
    ['outside', 'grafana', 3000],
    ['guest', 'me-shard-a', 8080],
    ['guest', 'broker', 9092],
    ['guest', 'outside', 443],
    ['stranger', 'me-shard-a', 8080],
    ['stranger', 'prometheus', 9090],
    ['me-shard-a', 'me-shard-b', 8080],
    ['me-shard-a', 'outside', 443],
    ['edge-gateway', 'broker', 9092],
    ['edge-gateway', 'me-shard-a', 9091],
    ['k6', 'me-shard-a', 9091],
    ['k6', 'broker', 9092],
    ['prometheus', 'me-shard-a', 8080],
    ['grafana', 'me-shard-a', 9091],
    ['grafana', 'outside', 443],
    ['broker', 'outside', 443],
  ];

  const check = (choice: Partial<Choice>, [from, to, port]: Flow, ways: Partial<Port> = {}): boolean => {
    const { [from]: source, [to]: target } = peersOf(choice);
    if (source === undefined || target === undefined) throw new Error(`no ${from} or no ${to}`);
    return mayConnect(policiesOf(choice), source, target, { port, ...ways });
  };

  it.each(OPEN)('is open from %s to %s, port %i', (...flow) => {
    expect(check({}, flow)).toBe(true);
  });

  it.each(CLOSED)('is closed from %s to %s, port %i', (...flow) => {
    expect(check({}, flow)).toBe(false);
  });

  it('lets everybody ask the names of the cluster, and nothing else there', () => {
    for (const name of ['me-shard-a', 'edge-gateway', 'broker', 'k6', 'prometheus', 'grafana', 'guest']) {
      expect(check({}, [name, 'dns', 53], { protocol: 'UDP' })).toBe(true);
      expect(check({}, [name, 'dns', 53])).toBe(true);
      expect(check({}, [name, 'dns', 9153])).toBe(false);
    }
  });

  it('has further doors on k3d, where node ports are those of this machine', () => {
    for (const [to, port] of [
      ['me-shard-a', 8080],
      ['prometheus', 9090],
      ['grafana', 3000],
    ] as const) {
      expect(check({ place: 'k3d' }, ['outside', to, port])).toBe(true);
    }
    for (const [to, port] of [
      ['me-shard-a', 9091],
      ['edge-gateway', 9091],
      ['broker', 9092],
    ] as const) {
      expect(check({ place: 'k3d' }, ['outside', to, port])).toBe(false);
    }
  });

  it('is the same with the charts, whose dashboards come through the API', () => {
    const helm = { monitoring: 'helm' } as const;
    for (const flow of OPEN) expect(check(helm, flow), flow.join(' ')).toBe(true);
    for (const flow of CLOSED) expect(check(helm, flow), flow.join(' ')).toBe(flow.join() === 'grafana,outside,443');
  });
});
