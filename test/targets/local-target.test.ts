import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { identify } from '../../src/exec/process-identity.ts';
import { LocalTarget, type LocalTargetOptions } from '../../src/targets/local/local-target.ts';
import { describeDeployment } from '../../src/targets/select-target.ts';
import { type Deployment, type Endpoint, endpointsOf } from '../../src/targets/target.ts';
import { pidOf } from '../pid-of.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/targets/server.ts', import.meta.url));
const never = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A target of stand-in servers in a folder of its own. */
async function place() {
  const root = await mkdtemp(join(tmpdir(), 'mex-local-'));
  const pids = await mkdtemp(join(tmpdir(), 'mex-pids-'));
  const folder = join(root, '.mex');
  const target = (env: Record<string, string> = {}, more: LocalTargetOptions = {}) =>
    new LocalTarget({
      folder,
      serveArgv: (role) => [FIXTURE, role],
      env: { ...process.env, FIXTURE_PIDS: pids, ...env },
      ...more,
    });
  /** Names of the servers that run, whatever the record says. */
  const running = async (): Promise<string[]> => {
    const all = await readdir(pids);
    const alive = await Promise.all(
      all.map(async (pid) => ((await identify(Number(pid))) ? [await readFile(join(pids, pid), 'utf8')] : [])),
    );
    return alive.flat().sort();
  };
  cleanups.push(async () => {
    await target().undeploy();
    const left = await running();
    await rm(root, { recursive: true });
    await rm(pids, { recursive: true });
    expect(left).toEqual([]);
  });
  return { folder, target, running, stateFile: join(folder, 'local.json') };
}

const told = async (endpoint: Endpoint | undefined) =>
  (await (await fetch(`${endpoint?.url}/`)).json()) as {
    name: string;
    targets: string;
    config: Record<string, string>;
  };
const targetsOf = async (deployment: Deployment): Promise<string[]> =>
  (await told(deployment.collector)).targets.split(',').map((entry) => entry.split('=')[0] ?? '');
const pidsOf = (deployment: Deployment) =>
  Object.fromEntries(endpointsOf(deployment).map(({ name, pid }) => [name, pid]));
const gone = (pid: number) =>
  vi.waitFor(async () => expect(await identify(pid)).toBeUndefined(), { timeout: 10_000, interval: 10 });
const killed = async (endpoint: Endpoint | undefined): Promise<void> => {
  process.kill(pidOf(endpoint), 'SIGKILL');
  await gone(pidOf(endpoint));
};

test('a second deploy changes nothing', async () => {
  const { target, running } = await place();
  const first = await target().deploy('single', never);
  const second = await target().deploy('single', never);
  expect(first.changed).toBe(true);
  expect(second).toEqual({ deployment: first.deployment, changed: false });
  expect(await target().current()).toEqual(first.deployment);
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'proxy']);
});

test('an engine is told its shard, its symbols and its log, and where to publish', async () => {
  const { target, folder } = await place();
  const { deployment } = await target().deploy('multi', never);
  expect(await told(deployment.shards.b)).toMatchObject({
    name: 'engine-b',
    config: {
      SHARD_SYMBOLS: 'TEST-ASSET-E,TEST-ASSET-F,TEST-ASSET-G,TEST-ASSET-H',
      WAL_PATH: join(folder, 'wal', 'b'),
      KAFKA_BOOTSTRAP: deployment.broker?.url,
    },
  });
  const { a, b, c } = deployment.shards;
  expect((await told(deployment.gateway)).config).toMatchObject({
    ME_SHARD_MAP: `a=${a?.url},b=${b?.url},c=${c?.url}`,
    SHARD_SYMBOLS_MAP: expect.stringMatching(/^a=TEST-ASSET-A:.*,b=TEST-ASSET-E:.*,c=.*:TEST-ASSET-L$/),
  });
});

test('a broker that ran already takes the place of the stand-in, from now on until undeploy', async () => {
  const { target, running } = await place();
  await target().deploy('single', never);
  const process = { pid: 4_000_000, startTime: '1', bootId: '' };
  const realBroker = { bootstrap: 'k1:9092,k2:9092', addresses: ['k1:9092', 'k2:9092', 'k3:9092'], process };
  const real = await target({}, { realBroker }).deploy('single', never);
  expect(real).toMatchObject({ changed: true, deployment: { realBroker } });
  expect(real.deployment.broker).toBeUndefined();
  expect((await told(real.deployment.shards.a)).config.KAFKA_BOOTSTRAP).toBe('k1:9092,k2:9092');
  expect((await told(real.deployment.proxy)).config.PROXY_UPSTREAMS).toBe('k1:9092,k2:9092,k3:9092');
  expect(await running()).toEqual(['collector', 'engine-a', 'proxy']);
  expect(describeDeployment(real.deployment, 'logs')).toMatch(
    /^broker +k1:9092,k2:9092 +pid 4000000 +not started by mex$/m,
  );
  const later = await target().deploy('multi', never);
  expect(later.deployment.realBroker).toEqual(realBroker);
  expect(await target().current()).toEqual(later.deployment);
  await target().undeploy();
  expect((await target().deploy('single', never)).deployment.broker).toBeDefined();
});

test('a deployment that fails leaves the broker of the one before on record', async () => {
  const { target } = await place();
  const realBroker = { bootstrap: 'k1:9092', addresses: ['k1:9092'] };
  await target({}, { realBroker }).deploy('single', never);
  const other = { bootstrap: 'k2:9092', addresses: ['k2:9092'] };
  await expect(target({ FIXTURE_FAIL: 'engine-a' }, { realBroker: other }).deploy('single', never)).rejects.toThrow();
  expect((await target().deploy('single', never)).deployment.realBroker).toEqual(realBroker);
});

test('from single to multi and back, shard a and the collector keep running', async () => {
  const { target, running } = await place();
  const single = (await target().deploy('single', never)).deployment;
  const multi = await target().deploy('multi', never);
  expect(multi.changed).toBe(true);
  expect(pidsOf(multi.deployment)).toMatchObject(pidsOf(single));
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'engine-b', 'engine-c', 'gateway', 'proxy']);
  expect(await targetsOf(multi.deployment)).toEqual(['engine-a', 'engine-b', 'engine-c', 'gateway']);
  const back = await target().deploy('single', never);
  expect(back.deployment).toEqual(single);
  expect(await targetsOf(back.deployment)).toEqual(['engine-a']);
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'proxy']);
});

test('a shard that died is started again, and the gateway learns where', async () => {
  const { target, running } = await place();
  const before = (await target().deploy('multi', never)).deployment;
  await killed(before.shards.b);
  expect((await target().current())?.shards).not.toHaveProperty('b');
  const after = await target().deploy('multi', never);
  expect(after.changed).toBe(true);
  expect(pidsOf(after.deployment)).toMatchObject({
    'engine-a': before.shards.a?.pid,
    collector: before.collector?.pid,
  });
  expect((await told(after.deployment.gateway)).config.ME_SHARD_MAP).toContain(`b=${after.deployment.shards.b?.url}`);
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'engine-b', 'engine-c', 'gateway', 'proxy']);
});

test('a collector that died is said so, and started again', async () => {
  const { target } = await place();
  await killed((await target().deploy('single', never)).deployment.collector);
  await expect(target().current()).rejects.toMatchObject({ code: 'TARGET_BROKEN', exit: 5 });
  expect((await target().deploy('single', never)).changed).toBe(true);
  expect(await target().current()).toBeDefined();
});

test('a process that has a recorded pid but started at another time is never signalled', async () => {
  const { target, stateFile } = await place();
  const { deployment } = await target().deploy('single', never);
  await killed(deployment.shards.a);
  await killed(deployment.collector);
  await killed(deployment.proxy);
  await killed(deployment.broker);
  const state = JSON.parse(await readFile(stateFile, 'utf8'));
  for (const record of state.processes) record.pid = process.pid;
  await writeFile(stateFile, JSON.stringify(state));
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  expect(await target().current()).toBeUndefined();
  expect(await target().undeploy()).toEqual([]);
  expect(kill).not.toHaveBeenCalled();
  kill.mockRestore();
});

test('what ran before the machine was started again counts for nothing', async () => {
  const { target, stateFile } = await place();
  await target().deploy('single', never);
  const text = await readFile(stateFile, 'utf8');
  await target().undeploy();
  const state = JSON.parse(text);
  const self = await identify(process.pid);
  for (const record of state.processes) Object.assign(record, self, { bootId: 'another boot' });
  await writeFile(stateFile, JSON.stringify(state));
  expect(await target().current()).toBeUndefined();
  expect((await target().deploy('single', never)).changed).toBe(true);
});

test('a start that fails leaves nothing running, and shows what the server said last', async () => {
  const { target, running, folder } = await place();
  const failing = target({ FIXTURE_FAIL: 'engine-b' }).deploy('multi', never);
  await expect(failing).rejects.toMatchObject({
    code: 'TARGET_DOWN',
    exit: 5,
    message: expect.stringMatching(/engine-b ended with code 74 before it was ready:.*the disk is full/s),
    suggestion: expect.stringContaining(join(folder, 'logs', 'engine-b.log')),
  });
  expect(await running()).toEqual([]);
  expect(await target().current()).toBeUndefined();
});

test('a change that fails takes back only what it started', async () => {
  const { target, running } = await place();
  const { deployment } = await target().deploy('single', never);
  await expect(target({ FIXTURE_FAIL: 'gateway' }).deploy('multi', never)).rejects.toMatchObject({ exit: 5 });
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'proxy']);
  expect(await target().current()).toEqual(deployment);
});

test('a server that never gets ready is given up', async () => {
  const { target, running } = await place();
  const waiting = target({ FIXTURE_SILENT: 'engine-a' }, { readyMsMax: 3_000 }).deploy('single', never);
  await expect(waiting).rejects.toThrow(/engine-a was not ready within 3 s, and said nothing/);
  expect(await running()).toEqual([]);
});

test('a deploy that is called off leaves nothing running', async () => {
  const { target, running } = await place();
  const abort = new AbortController();
  const deploying = target({ FIXTURE_SILENT: 'gateway' }).deploy('multi', abort.signal);
  const ended = expect(deploying).rejects.toThrow('enough');
  await vi.waitFor(async () => expect(await running()).toContain('gateway'), { timeout: 20_000, interval: 10 });
  abort.abort(new Error('enough'));
  await ended;
  expect(await running()).toEqual([]);
});

test('a server whose start was cut short is stopped and started anew', async () => {
  const { target, stateFile, running } = await place();
  const { deployment } = await target().deploy('single', never);
  const state = JSON.parse(await readFile(stateFile, 'utf8'));
  for (const record of state.processes) if (record.role === 'engine') record.ready = false;
  await writeFile(stateFile, JSON.stringify(state));
  const again = await target().deploy('single', never);
  expect(again.deployment.shards.a?.pid).not.toBe(deployment.shards.a?.pid);
  expect(await running()).toEqual(['broker', 'collector', 'engine-a', 'proxy']);
});

test('undeploy tells what it stopped, the second time nothing; logs stay until they are purged', async () => {
  const { target, folder, running } = await place();
  await target().deploy('multi', never);
  expect(await target().undeploy()).toEqual([
    'collector',
    'gateway',
    'engine-c',
    'engine-b',
    'engine-a',
    'proxy',
    'broker',
  ]);
  expect(await running()).toEqual([]);
  expect(await target().undeploy()).toEqual([]);
  expect(await readdir(folder)).toEqual(['logs', 'prometheus', 'wal']);
  await target().copyLogs(join(folder, '..', 'kept'));
  expect(await readdir(join(folder, '..', 'kept'))).toContain('engine-a.log');
  await target().undeploy({ purge: true });
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
  expect(await target().undeploy({ purge: true })).toEqual([]);
});

test('while one mex changes the target, another is told who does', async () => {
  const { target, folder, running } = await place();
  const abort = new AbortController();
  const first = target({ FIXTURE_SILENT: 'engine-a' }).deploy('single', abort.signal);
  const ended = expect(first).rejects.toThrow('enough');
  await vi.waitFor(async () => expect(await running()).toContain('engine-a'), { timeout: 10_000, interval: 10 });
  await expect(target().deploy('single', never)).rejects.toMatchObject({
    code: 'TARGET_BUSY',
    exit: 5,
    message: expect.stringContaining(`pid ${process.pid}`),
  });
  abort.abort(new Error('enough'));
  await ended;
  const leftBehind = { ...(await identify(process.pid)), startTime: '1' };
  await writeFile(join(folder, 'lock'), JSON.stringify(leftBehind));
  expect((await target().deploy('single', never)).changed).toBe(true);
  expect(await readdir(folder)).toEqual(['local.json', 'logs', 'prometheus', 'wal']);
});

test('a record that cannot be read is refused', async () => {
  const { target, stateFile } = await place();
  await target().deploy('single', never);
  const text = await readFile(stateFile, 'utf8');
  await writeFile(stateFile, text.replace('"version": 1', '"version": 2'));
  await expect(target().current()).rejects.toMatchObject({ code: 'STATE_UNREADABLE', exit: 5 });
  await writeFile(stateFile, text);
});
