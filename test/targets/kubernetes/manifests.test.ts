/** What the target takes for granted of the manifests, held against what they render. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isUnderTest } from '../../../src/cluster/parts.ts';
import { renderSystem } from '../../../src/cluster/render-system.ts';
import type { KubeObject } from '../../../src/kubernetes/object-types.ts';
import { ENGINE_CONTAINER, shardSet } from '../../../src/targets/kubernetes/system-names.ts';
import { isWorkload, KINDS_UNDER_TEST, workloadRef } from '../../../src/targets/kubernetes/system-sight.ts';
import { noKubectl } from '../../manifests/render.ts';
import { skipped } from '../../skipped.ts';
import { manifestsOf, NAMESPACE, PLATFORM } from './cluster-world.ts';

const skip = skipped(noKubectl !== undefined, 'what is deployed, rendered by kubectl', noKubectl ?? '');

describe.skipIf(skip)('what is deployed', () => {
  let folder: string;
  let objects: KubeObject[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mex-system-'));
    const never = new AbortController().signal;
    objects = await renderSystem({ platform: PLATFORM, shape: 'multi' }, folder, never);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const under = (): KubeObject[] => objects.filter(isUnderTest);
  const named = (all: readonly KubeObject[]) => all.map(({ kind, metadata: { name } }) => `${kind} ${name}`).toSorted();

  it('is of the kinds that are looked for, in one namespace', () => {
    expect([...new Set(under().map(({ kind }) => kind))].toSorted()).toEqual([...KINDS_UNDER_TEST].toSorted());
    expect(new Set(under().map(({ metadata }) => metadata.namespace))).toEqual(new Set([NAMESPACE]));
  });

  it('has the names that these tests have, and that the target asks for', () => {
    expect(named(under())).toEqual(named(manifestsOf('multi', 'mex:1').filter(isUnderTest)));
    const workloads = under().filter(isWorkload).map(workloadRef);
    expect(workloads).toEqual(expect.arrayContaining((['a', 'b', 'c'] as const).map(shardSet)));
  });

  it('has a container of an image that is known first, and volumes that bear labels', () => {
    const set = under().find(({ kind }) => kind === 'StatefulSet');
    expect(set).toMatchObject({
      spec: {
        selector: { matchLabels: { app: 'me-shard' } },
        template: { spec: { containers: [{ name: ENGINE_CONTAINER, image: PLATFORM.image }] } },
        volumeClaimTemplates: [{ metadata: { labels: { 'app.kubernetes.io/managed-by': 'mex' } } }],
      },
    });
  });
});
