import { expect, test } from 'vitest';
import { assertSameCluster, settingsOf } from '../../src/cli/run-settings.ts';
import type { ClusterConditions, RunRecord } from '../../src/report/run-record.ts';
import { recordOf } from '../report/record-builder.ts';

const cluster: ClusterConditions = {
  kind: 'k3d',
  context: 'k3d-mex',
  nodes: [{ name: 'server-0', cpu: '2', memory: '24Gi', kubelet: 'v1.33.13', forLoad: false }],
  broker: 'kafka',
  observability: 'plain',
  place: 'k3d',
  image: 'mex:1',
};
const withConfig = (config: Partial<RunRecord['config']>): RunRecord => {
  const record = recordOf([], ['a2']);
  return { ...record, config: { ...record.config, ...config } };
};

test('a run is gone on with where it was, by what sent its load from where it came', () => {
  const load = { from: 'cluster', jobs: 3 } as const;
  expect(settingsOf(withConfig({ target: 'k8s', driver: 'k6', load, metrics: 'prometheus of the cluster' }))).toEqual({
    target: 'k8s',
    load: { driver: 'k6', from: 'cluster', jobs: 3 },
    metrics: {},
  });
  expect(settingsOf(withConfig({ metrics: 'collector' }))).toEqual({
    target: 'local',
    load: { driver: 'embedded', from: 'here', jobs: 1 },
    metrics: { metrics: 'collector' },
  });
});

test('a run of a target that is not known is not gone on with', () => {
  expect(() => settingsOf(withConfig({ target: 'nomad' }))).toThrow(/was measured of target nomad/);
});

test.each<[string, Partial<ClusterConditions>]>([
  ['context', { context: 'another' }],
  ['image', { image: 'mex:2' }],
  ['broker', { broker: 'redpanda' }],
  ['node', { nodes: [] }],
])('a run is gone on with in the same cluster only: another %s', (_what, difference) => {
  const record = withConfig({ target: 'k8s', cluster });
  expect(() => assertSameCluster(record, structuredClone(cluster))).not.toThrow();
  expect(() => assertSameCluster(record, { ...cluster, ...difference })).toThrow(
    expect.objectContaining({ code: 'OTHER_CLUSTER', exit: 2 }),
  );
});
