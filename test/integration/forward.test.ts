/** `mex forward` from outside, against a fake API server. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../fixtures/kube/api-server.ts';
import { freePort } from '../free-port.ts';
import { podRef, putPod } from '../kubernetes/pods.ts';
import { type Running, runMex, startMex } from '../mex-process.ts';

const NAMESPACE = 'matching-engine';
const PLAN_PORTS = { gateway: 8080, 'engine-a': 18_081, 'engine-b': 8082, 'engine-c': 8083, prometheus: 9090 };
let cwd: string;
let server: FakeApiServer;
let pod: Server;
let running: Running | undefined;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-forward-'));
  mkdirSync(join(cwd, '.mex'));
  server = await FakeApiServer.start();
  pod = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(pod, 'listening');
  writeFileSync(join(cwd, 'theirs'), server.kubeconfig(['somebodys', 'k3d-test']));
  writeFileSync(join(cwd, '.mex/cluster.kubeconfig'), server.kubeconfig(['k3d-test']));
  record({ kind: 'context', context: 'somebodys' });
  server.put(
    { kind: 'Service', name: 'edge-gateway', namespace: NAMESPACE },
    { spec: { selector: { app: 'mex' }, ports: [{ port: 8080, targetPort: 8080 }] } },
  );
  server.forward = () => ({ port: (pod.address() as AddressInfo).port });
  putPod(server, 'gateway-1', { ready: true });
});
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  running = undefined;
  pod.close();
  await server.close();
  rmSync(cwd, { recursive: true, force: true });
});

const env = () => ({ KUBECONFIG: join(cwd, 'theirs') });
const record = (one: object): void =>
  writeFileSync(join(cwd, '.mex/cluster.json'), JSON.stringify({ version: 1, ...one }));
const forward = (...args: string[]): Running => {
  running = startMex(['forward', ...args], cwd, env());
  return running;
};

async function echoed(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    socket.end(text);
    return String((await once(socket, 'data'))[0]);
  } finally {
    socket.destroy();
  }
}

describe('mex forward', () => {
  it('opens what is there, says where, finds a pod that was replaced, and ends with 0 on Ctrl-C', async () => {
    const port = await freePort();
    const { child, ended, says } = forward('--port', `gateway=${port}`);
    await says('Held until Ctrl-C.');
    expect(await echoed(port, 'one')).toBe('one');
    server.drop(podRef('gateway-1'));
    await expect(echoed(port, 'nobody')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await says('gateway: No pod of Service matching-engine/edge-gateway is ready');
    putPod(server, 'gateway-2', { ready: true });
    expect(await echoed(port, 'two')).toBe('two');
    await says('gateway: the pod was replaced, now gateway-2');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      exit: 0,
      stdout: `  name     address\n  gateway  http://127.0.0.1:${port}\n`,
    });
  });

  it('prints one document when all are open', async () => {
    const port = await freePort();
    const other = await freePort();
    server.put({ kind: 'Service', name: 'prometheus', namespace: 'monitoring' }, { spec: {} });
    const { child, ended } = forward('--json', '--port', `gateway=${port}`, '--port', `prometheus=${other}`);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const { exit, stdout } = await ended;
    expect({ exit, document: JSON.parse(stdout) }).toEqual({
      exit: 0,
      document: {
        forwards: [
          { name: 'gateway', url: `http://127.0.0.1:${port}`, by: 'forward' },
          { name: 'prometheus', url: `http://127.0.0.1:${other}`, by: 'forward' },
        ],
      },
    });
  });

  it("opens nothing for what has a node port in mex's own cluster, unless it is asked for by a port", async () => {
    const plan = { name: 'test', agents: 0, ports: { ...PLAN_PORTS, grafana: 3000 } };
    record({ kind: 'k3d', id: 'x', phase: 'made', plan });
    const { exit, stdout, stderr } = await runMex(['forward'], cwd, env());
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: 'Nothing to hold: all of it is reached without this command.\n',
    });
    expect(stdout).toContain("gateway  http://127.0.0.1:8080  the cluster's own node port, without this command");
    expect(await runMex(['forward', '--port', 'gateway=18081'], cwd, env())).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining("Port 18081 for gateway is in use by the cluster's own node port of engine-a"),
    });
    const port = await freePort();
    await forward('--port', `gateway=${port}`).says('Held until Ctrl-C.');
    expect(await echoed(port, 'one')).toBe('one');
  });

  it('says in one line that a port is taken', async () => {
    const { port } = pod.address() as AddressInfo;
    const { exit, stderr } = await runMex(['forward', '--port', `gateway=${port}`], cwd, env());
    expect(exit).toBe(5);
    expect(stderr).toMatch(/^mex: Port \d+ of 127\.0\.0\.1 cannot lead to Service [a-z/-]+: it is in use/);
  });

  it.each([
    ['broker=19093', /the broker tells its clients to come to 127\.0\.0\.1:19092/],
    ['nobody=1', /expected NAME=PORT/],
    ['gateway=9090', /two servers cannot have the same port/],
  ])('refuses --port %s', async (port, message) => {
    const { exit, stderr } = await runMex(['forward', '--port', port], cwd, env());
    expect(exit).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says what to do where there is no cluster, and where nothing of mex is in it', async () => {
    server.drop({ kind: 'Service', name: 'edge-gateway', namespace: NAMESPACE });
    expect(await runMex(['forward'], cwd, env())).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining('Nothing of mex runs'),
    });
    rmSync(join(cwd, '.mex'), { recursive: true });
    const { exit, stderr } = await runMex(['forward'], cwd, env());
    expect(exit).toBe(5);
    expect(stderr).toContain('mex cluster up');
  });
});
