import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clusterStage } from '../../src/cli/cluster-stage.ts';
import { type ClusterRecord, makeFolder, writeRecord } from '../../src/cluster/cluster-record.ts';
import type { Deployment } from '../../src/targets/target.ts';
import { PLATFORM } from '../targets/kubernetes/cluster-world.ts';

const before = process.cwd();
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-stage-'));
  process.chdir(cwd);
});
afterEach(() => {
  process.chdir(before);
  rmSync(cwd, { recursive: true });
});

async function recorded(record: object): Promise<void> {
  const folder = join(cwd, '.mex');
  await makeFolder(folder);
  await writeRecord(folder, { version: 1, platform: PLATFORM, ...record } as ClusterRecord);
}
const ports = { gateway: 1, 'engine-a': 2, 'engine-b': 3, 'engine-c': 4, prometheus: 5, grafana: 6 };
const OWN = { kind: 'k3d', id: 'test', phase: 'made', plan: { name: 'mex', agents: 0, ports } };
const THEIRS = { kind: 'context', context: 'theirs' };
const HERE = { driver: 'embedded', from: 'here', jobs: 1 } as const;
const deployment: Deployment = {
  shape: 'single',
  shards: {},
  prometheus: {
    name: 'prometheus',
    url: 'http://127.0.0.1:5',
    metricsUrl: '',
    pod: { namespace: 'monitoring', name: 'prometheus', url: 'http://prometheus.monitoring:9090' },
  },
};

test("on nodes of this machine nobody's CPU time is called foreign, since it may be the system's own", async () => {
  await recorded(OWN);
  const { machine, remoteWriteUrl, driver } = await clusterStage(HERE, []);
  const evidence = await (await machine.begin({}))({ generator: 1 });
  expect(evidence === null || evidence.foreignShare === null).toBe(true);
  expect(driver.name).toBe('embedded');
  expect(remoteWriteUrl?.(deployment)).toBe('http://127.0.0.1:5/api/v1/write');
});

test("of somebody else's nodes nothing is known, and no load goes there from here", async () => {
  await recorded(THEIRS);
  const { machine } = await clusterStage(undefined, []);
  expect(await (await machine.begin({}))({})).toBeNull();
  await expect(clusterStage(HERE, [])).rejects.toMatchObject({ code: 'BAD_FLAG', exit: 2 });
});
