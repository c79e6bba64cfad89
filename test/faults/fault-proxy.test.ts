/** What a client sees of each fault, and that each of them ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identify } from '../../src/exec/process-identity.ts';
import { type RunningProxy, startProxy } from '../../src/faults/start-proxy.ts';

/** A server that answers with what it gets. */
async function echo(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

async function proxyBefore(upstream: string): Promise<RunningProxy> {
  const proxy = await startProxy({ host: '127.0.0.1', httpPort: 0, proxyPort: 0, upstreams: [upstream] });
  onTestFinished(() => proxy.close());
  return proxy;
}

interface Client {
  socket: Socket;
  got: () => string;
  closed: Promise<unknown>;
}

async function client({ proxyPort }: RunningProxy, route: string): Promise<Client> {
  const socket = connect(proxyPort, '127.0.0.1');
  let got = '';
  socket.on('data', (bytes) => {
    got += bytes.toString();
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await Promise.race([once(socket, 'connect'), closed]);
  socket.write(`${route}\n`);
  return { socket, got: () => got, closed };
}

async function fault({ httpPort }: RunningProxy, method: string, wanted?: object, leaseMs = 10_000): Promise<number> {
  const body = wanted === undefined ? null : JSON.stringify({ fault: wanted, leaseMs });
  return (await fetch(`http://127.0.0.1:${httpPort}/fault`, { method, body })).status;
}

const stateOf = ({ pid }: ChildProcess): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';

describe('the proxy', () => {
  it('passes on what it is given, where it is told to, and nowhere else', async () => {
    const upstream = await echo();
    const proxy = await proxyBefore(upstream);
    const one = await client(proxy, upstream);
    one.socket.write('hello');
    await expect.poll(one.got).toBe('hello');
    const stranger = await client(proxy, '127.0.0.1:1');
    await stranger.closed;
  });

  it('refuses: nobody listens, who was connected is reset; and takes connections again afterwards', async () => {
    const upstream = await echo();
    const proxy = await proxyBefore(upstream);
    const before = await client(proxy, upstream);
    expect(await fault(proxy, 'PUT', { kind: 'refuse' })).toBe(200);
    await before.closed;
    const refused = connect(proxy.proxyPort, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    expect(await fault(proxy, 'DELETE')).toBe(200);
    const after = await client(proxy, upstream);
    after.socket.write('again');
    await expect.poll(after.got).toBe('again');
  });

  it('is a black hole: nothing comes back, and nothing is lost, until it is over', async () => {
    const upstream = await echo();
    const proxy = await proxyBefore(upstream);
    const one = await client(proxy, upstream);
    one.socket.write('a');
    await expect.poll(one.got).toBe('a');
    await fault(proxy, 'PUT', { kind: 'black-hole' });
    one.socket.write('b');
    const other = await client(proxy, upstream);
    other.socket.write('c');
    // A question that is answered by the control port shows that time has passed and nothing came.
    expect(await fault(proxy, 'GET')).toBe(200);
    expect([one.got(), other.got()]).toEqual(['a', '']);
    await fault(proxy, 'DELETE');
    await expect.poll(() => [one.got(), other.got()]).toEqual(['ab', 'c']);
  });

  it('ends a fault that nobody prolongs', async () => {
    const upstream = await echo();
    const proxy = await proxyBefore(upstream);
    const one = await client(proxy, upstream);
    await fault(proxy, 'PUT', { kind: 'black-hole' }, 200);
    one.socket.write('late');
    await expect.poll(one.got, { timeout: 5_000 }).toBe('late');
  });

  it.skipIf(process.platform !== 'linux')('stops a process, and lets it go on when nobody prolongs it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const proxy = await proxyBefore(await echo());
    const process_ = await identify(child.pid ?? 0);
    expect(await fault(proxy, 'PUT', { kind: 'pause', process: process_ }, 300)).toBe(200);
    await expect.poll(() => stateOf(child)).toBe('T');
    await expect.poll(() => stateOf(child), { timeout: 5_000 }).not.toBe('T');
    const gone = { ...process_, startTime: '1' };
    expect(await fault(proxy, 'PUT', { kind: 'pause', process: gone })).toBe(409);
  });

  it.each([
    ['an unknown fault', { kind: 'explode' }],
    ['no fault', undefined],
  ])('says 400 to %s', async (_name, wanted) => {
    const proxy = await proxyBefore(await echo());
    expect(await fault(proxy, 'PUT', wanted)).toBe(400);
  });
});
