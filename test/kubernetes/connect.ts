/** A fake API server with a connection of mex to it, for each test. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { KubeApi } from '../../src/kubernetes/kube-api.ts';
import { FakeApiServer } from '../fixtures/kube/api-server.ts';

export const never = new AbortController().signal;
export const NAMESPACE = 'matching-engine';
/** Short, so that a test that waits is no slower than the machine. */
export const EVERY_MS = 5;

export interface Connection {
  server: FakeApiServer;
  api: KubeApi;
  /** The kubeconfig that names the server. */
  kubeconfig: string;
}

export function connectEach(): Connection {
  const connection = {} as Connection;
  let folder: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mex-kube-'));
    connection.kubeconfig = join(folder, 'kubeconfig');
    connection.server = await FakeApiServer.start();
    writeFileSync(connection.kubeconfig, connection.server.kubeconfig(['k3d-test', 'another']));
    connection.api = await KubeApi.connect(
      { context: 'k3d-test', kubeconfig: connection.kubeconfig },
      { backoffMs: 1 },
    );
  });
  afterEach(async () => {
    await connection.api.close();
    await connection.server.close();
    rmSync(folder, { recursive: true });
  });
  return connection;
}
