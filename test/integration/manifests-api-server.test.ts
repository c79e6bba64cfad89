/**
 * Every object as a real API server takes it: strictly, admission and the restricted standard included, and without
 * keeping it. It needs an empty cluster, which nobody gives a test by accident: MEX_TEST_KUBE_CONTEXT names it.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../manifests/object-types.ts';
import { describeChoice, EVERY_CHOICE, kubectl, noKubectl, parseObjects, renderChoice } from '../manifests/render.ts';
import { skipped } from '../skipped.ts';

const CONTEXT = process.env.MEX_TEST_KUBE_CONTEXT;
const missing = skipped(
  noKubectl !== undefined || CONTEXT === undefined,
  'manifests at an API server',
  noKubectl ?? 'MEX_TEST_KUBE_CONTEXT names no context of an empty cluster',
);

const ofContext = (...argv: string[]): string[] => ['--context', CONTEXT ?? '', ...argv];
const isNamespace = ({ kind }: KubeObject): boolean => kind === 'Namespace';
const asList = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

describe.skipIf(missing)('an API server', () => {
  beforeAll(() => {
    const [choice] = EVERY_CHOICE;
    const namespaces = choice === undefined ? [] : renderChoice(choice).filter(isNamespace);
    // `create`, so that a cluster in use is left alone: it fails where they are.
    kubectl(ofContext('create', '-f', '-'), asList(namespaces));
    return () => {
      kubectl(ofContext('delete', 'namespace', ...namespaces.map(({ metadata }) => metadata.name)));
    };
  });

  it.each(EVERY_CHOICE)('takes each object of %o', (choice) => {
    const objects = renderChoice(choice);
    const applied = kubectl(
      ofContext('apply', '--server-side', '--dry-run=server', '--validate=strict', '-o', 'yaml', '-f', '-'),
      asList(objects),
    );
    const [list] = parseObjects(applied);
    expect(list?.items, describeChoice(choice)).toHaveLength(objects.length);
  });
});
