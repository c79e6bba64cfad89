/** The values for the charts say of Prometheus and Grafana what the manifests without Helm say of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { Container, KubeObject, Pod } from './object-types.ts';
import { MANIFESTS } from './render.ts';

const read = (name: string): string => readFileSync(join(MANIFESTS, name), 'utf8');
const valuesOf = (name: string) => parse(read(`helm/${name}`));

function plain(name: string): { pod: Pod; container: Container; service: KubeObject | undefined } {
  const objects = parseAllDocuments(read(`components/monitoring-plain/${name}.yaml`)).map(
    (document) => document.toJS() as KubeObject,
  );
  const pod = objects.find(({ kind }) => kind === 'Deployment')?.spec.template.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) throw new Error(`no pod in ${name}.yaml`);
  return { pod, container, service: objects.find(({ kind }) => kind === 'Service') };
}

const restricted = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

describe('the charts', () => {
  const charts = Object.entries<{ version: string; values: string; places: Record<string, string> }>(
    valuesOf('charts.yaml'),
  );

  it('are pinned in one place, with values that are there', () => {
    expect(charts.map(([name]) => name)).toEqual(['prometheus', 'grafana']);
    for (const [, { version, values, places }] of charts) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      for (const file of [values, ...Object.values(places)])
        expect(readdirSync(join(MANIFESTS, 'helm'))).toContain(file);
    }
    const versions = charts.map(([, { version }]) => version);
    for (const file of readdirSync(join(MANIFESTS, 'helm')).filter((name) => name !== 'charts.yaml')) {
      for (const version of versions) expect(read(`helm/${file}`)).not.toContain(version);
    }
  });
});

describe('Prometheus by its chart', () => {
  const { server, rbac, serviceAccounts, ...others } = valuesOf('prometheus-values.yaml');
  const { pod, container, service } = plain('prometheus');

  it('is the same program with the same sizes and rights', () => {
    expect(`prom/prometheus:${server.image.tag}`).toBe(container.image);
    expect(server.resources).toEqual(container.resources);
    expect(server.securityContext).toEqual(pod.securityContext);
    expect(server.securityContext).toMatchObject(restricted);
    expect(server.containerSecurityContext).toEqual(container.securityContext);
    expect(server.enableServiceLinks).toBe(false);
    expect(rbac.create).toBe(false);
    expect(serviceAccounts.server).toEqual({ create: false, name: pod.serviceAccountName });
  });

  it('reads the ConfigMap of the manifests, and has the same flags', () => {
    const { prometheus } = valuesOf('charts.yaml');
    const [config] = (pod.volumes ?? []).flatMap(({ configMap }) => (configMap === undefined ? [] : [configMap.name]));
    expect(`${prometheus.release}-${server.configMapOverrideName}`).toBe(config);
    for (const flag of server.extraFlags) expect(container.args).toContain(`--${flag}`);
    expect(server.extraFlags).toContain('web.enable-remote-write-receiver');
    expect(container.args).toContain(`--storage.tsdb.retention.time=${server.retention}`);
    expect(container.args).toContain(`--storage.tsdb.retention.size=${server.retentionSize}`);
  });

  it('answers at the same name and port', () => {
    expect(server.fullnameOverride).toBe(service?.metadata.name);
    expect(server.service.servicePort).toBe(service?.spec.ports[0]?.port);
    expect(valuesOf('prometheus-values-k3d.yaml')).toEqual({
      server: { service: { type: 'NodePort', nodePort: 30_090 } },
    });
  });

  it('comes alone', () => {
    for (const name of ['alertmanager', 'kube-state-metrics', 'prometheus-node-exporter', 'prometheus-pushgateway']) {
      expect(others[name]).toEqual({ enabled: false });
    }
    expect(others.configmapReload).toEqual({ prometheus: { enabled: false } });
  });
});

describe('Grafana by its chart', () => {
  const values = valuesOf('grafana-values.yaml');
  const { pod, container, service } = plain('grafana');

  it('has the same sizes and rights, its sidecar too', () => {
    expect(values.resources).toEqual(container.resources);
    expect(values.securityContext).toEqual(pod.securityContext);
    expect(values.containerSecurityContext).toEqual(container.securityContext);
    expect(values.sidecar.securityContext).toMatchObject(container.securityContext);
    expect(Object.keys(values.sidecar.resources.limits).sort()).toEqual(['cpu', 'ephemeral-storage', 'memory']);
    expect(values.rbac.namespaced).toBe(true);
  });

  it('takes the password from the same Secret', () => {
    const keyOf = (name: string) => container.env?.find((one) => one.name === name)?.valueFrom?.secretKeyRef;
    const { existingSecret, userKey, passwordKey } = values.admin;
    expect(keyOf('GF_SECURITY_ADMIN_USER')).toEqual({ name: existingSecret, key: userKey });
    expect(keyOf('GF_SECURITY_ADMIN_PASSWORD')).toEqual({ name: existingSecret, key: passwordKey });
  });

  it('has the same data source, and the dashboard by its label', () => {
    expect(values.env.PROMETHEUS_URL).toBe(container.env?.find(({ name }) => name === 'PROMETHEUS_URL')?.value);
    const { label, labelValue } = values.sidecar.dashboards;
    const dashboard = parse(read('grafana/dashboard-configmap.yaml'));
    expect(dashboard.metadata.labels[label]).toBe(labelValue);
    for (const { configMap, subPath, mountPath } of values.extraConfigmapMounts) {
      expect(configMap).toBe('grafana-provisioning');
      expect(container.volumeMounts).toContainEqual(expect.objectContaining({ mountPath, subPath }));
    }
  });

  it('answers at the same name and port', () => {
    expect(values.fullnameOverride).toBe(service?.metadata.name);
    expect(values.service.port).toBe(service?.spec.ports[0]?.port);
    expect(valuesOf('grafana-values-k3d.yaml')).toEqual({ service: { type: 'NodePort', nodePort: 30_030 } });
  });
});
