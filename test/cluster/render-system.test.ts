import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnderTest } from '../../src/cluster/parts.ts';
import { type Platform, platformSchema } from '../../src/cluster/platform.ts';
import { renderSystem } from '../../src/cluster/render-system.ts';
import { noKubectl, renderChoice } from '../manifests/render.ts';
import { skipped } from '../skipped.ts';

const never = new AbortController().signal;
const platform: Platform = { broker: 'kafka', observability: 'plain', place: 'k3d', image: 'r.example:5000/mex:1-ab' };
const skip = skipped(noKubectl !== undefined, 'the system rendered by kubectl', noKubectl ?? '');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mex-render-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(skip)('the system is what the manifests say of that choice, and nothing stays behind', async () => {
  const objects = await renderSystem({ platform, shape: 'multi' }, join(folder, '.mex'), never);
  const image = { newName: 'r.example:5000/mex', newTag: '1-ab' };
  expect(objects).toEqual(renderChoice({ place: 'k3d', shape: 'multi', broker: 'kafka', monitoring: 'plain' }, image));
  expect(readdirSync(join(folder, '.mex'))).toEqual([]);
});

test.skipIf(skip)(
  'an experiment deploys shards and gateway; broker, monitoring and policies stand for longer',
  async () => {
    const objects = await renderSystem({ platform, shape: 'multi' }, folder, never);
    const names = (under: boolean) =>
      objects.filter((one) => isUnderTest(one) === under).map(({ kind, metadata: { name } }) => `${kind} ${name}`);
    const shards = ['a', 'b', 'c'].map((shard) => `me-shard-${shard}`);
    const workloads = ['Deployment edge-gateway', ...shards.map((shard) => `StatefulSet ${shard}`)];
    expect(names(true).filter((name) => /^(Deployment|StatefulSet) /.test(name))).toEqual(workloads);
    expect(names(true).filter((name) => /broker|prometheus|grafana|NetworkPolicy|Namespace/.test(name))).toEqual([]);
    expect(names(false)).toEqual(
      expect.arrayContaining(['StatefulSet broker', 'Deployment prometheus', 'NetworkPolicy shard']),
    );
  },
);

test('a platform that this mex does not know is not taken', () => {
  expect(platformSchema.safeParse({ ...platform, broker: 'nats' }).success).toBe(false);
});
