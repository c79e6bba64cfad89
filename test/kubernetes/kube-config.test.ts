import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KubeApi } from '../../src/kubernetes/kube-api.ts';
import { accessCluster, kubectlFor } from '../../src/kubernetes/kube-config.ts';
import { listNodes } from '../../src/kubernetes/nodes.ts';
import { FakeApiServer } from '../fixtures/kube/api-server.ts';
import { never } from './connect.ts';

let folder: string;
let server: FakeApiServer;
let file: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mex-kubeconfig-'));
  file = join(folder, 'config');
  server = await FakeApiServer.start();
  writeFileSync(file, server.kubeconfig(['theirs', 'ours']));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

describe("the person's kubeconfig", () => {
  it('is read for the context that was named, and stays as it is', async () => {
    vi.stubEnv('KUBECONFIG', file);
    const before = readFileSync(file, 'utf8');
    const api = await KubeApi.connect({ context: 'ours' });
    expect(await listNodes(api, never)).toEqual([]);
    await api.close();
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(JSON.parse(before)['current-context']).toBe('theirs');
  });

  it('plays no part where mex has one of its own', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'nowhere'));
    expect(await accessCluster({ context: 'ours', kubeconfig: file })).toMatchObject({ server: server.url });
  });

  it('without that context is told, with those there are', async () => {
    vi.stubEnv('KUBECONFIG', file);
    await expect(accessCluster({ context: 'moon' })).rejects.toMatchObject({
      code: 'UNKNOWN_CONTEXT',
      exit: 5,
      message: 'There is no context "moon" in your kubeconfig',
      suggestion: 'There are: theirs, ours.',
    });
  });

  it('that is not there has no contexts, not even one that was made up', async () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);
    await expect(accessCluster({ context: 'loaded-context' })).rejects.toMatchObject({
      code: 'UNKNOWN_CONTEXT',
      suggestion: 'It has none at all.',
    });
  });

  it.each([['{'], ['[]'], ['']])('that cannot be read is told: %j', async (text) => {
    writeFileSync(file, text);
    await expect(accessCluster({ context: 'ours', kubeconfig: file })).rejects.toMatchObject({ exit: 5 });
  });
});

it('a program that logs in is run again when its token has expired, over the same connection', async () => {
  const program = join(folder, 'login');
  const answer = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: 'from-a-program', expirationTimestamp: '2020-01-01T00:00:00Z' },
  };
  writeFileSync(program, `#!/bin/sh\necho run >>'${folder}/runs'\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 });
  const exec = { apiVersion: answer.apiVersion, command: program, interactiveMode: 'Never' };
  writeFileSync(file, server.kubeconfig(['ours'], { exec }));
  const api = await KubeApi.connect({ context: 'ours', kubeconfig: file }, { credentialsMs: 0 });
  for (let n = 0; n < 5; n++) await listNodes(api, never);
  await api.close();
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(Array(5).fill('Bearer from-a-program'));
  expect(server.connections).toBeLessThanOrEqual(2);
  expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('run\n'.repeat(5));
});

it('a command to paste names file and context', () => {
  expect(kubectlFor({ context: 'ours' })).toBe('kubectl --context ours');
  expect(kubectlFor({ context: 'k3d-x', kubeconfig: '/f' })).toBe('kubectl --kubeconfig /f --context k3d-x');
});
