/** A port of this machine that leads to a pod: what goes through, and what becomes of it when something is not there. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forwardPort, type PortForward } from '../../src/kubernetes/port-forward.ts';
import { connectEach, NAMESPACE, never } from './connect.ts';
import { podRef, putPod } from './pods.ts';

const connection = connectEach();
const place = { namespace: NAMESPACE, service: 'gateway', port: 8080 } as const;
let pod: Server;
let podPort: number;
let serve: (socket: Socket) => void;
let forward: PortForward | undefined;
let failures: string[];
let others: string[];

beforeEach(async () => {
  serve = (socket) => socket.pipe(socket);
  pod = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  pod.listen(0, '127.0.0.1');
  await once(pod, 'listening');
  podPort = (pod.address() as AddressInfo).port;
  [failures, others] = [[], []];
  connection.server.put(
    { kind: 'Service', name: 'gateway', namespace: NAMESPACE },
    { spec: { selector: { app: 'mex' }, ports: [{ port: 8080, targetPort: 'http' }] } },
  );
  addPod('gateway-1');
  connection.server.forward = () => ({ port: podPort });
});
afterEach(async () => {
  await forward?.close();
  forward = undefined;
  pod.close();
});

function addPod(name: string): void {
  const containers = [{ name: 'main', ports: [{ name: 'http', containerPort: 8888 }] }];
  putPod(connection.server, name, { ready: true, spec: { containers } });
}

async function opened(signal = never): Promise<PortForward> {
  const told = { onFailure: (why: string) => failures.push(why), onOtherPod: (name: string) => others.push(name) };
  forward = await forwardPort(connection.api, { ...place, ...told }, signal);
  return forward;
}

function client(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** How a connection ends that is not served. */
async function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'));
    socket.once('end', () => resolve('end'));
    socket.resume();
  });
}

describe('a forwarded port', () => {
  it('carries bytes both ways, to the port of the pod that the Service means', async () => {
    let asked: [string, number] | undefined;
    connection.server.forward = (name, port) => {
      asked = [name, port];
      return { port: podPort };
    };
    const { port } = await opened();
    const socket = client(port);
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    expect(asked).toEqual(['gateway-1', 8888]);
    socket.destroy();
  });

  it('loses nothing of much, in both directions at once, also where the reader is slow', async () => {
    const sent = Buffer.alloc(12_000_000, 'abcdefghijk');
    const { port } = await opened();
    const socket = client(port);
    socket.write(sent);
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      if (received.length === sent.length) break;
      // One turn of the loop for each piece: whoever reads is slower than whoever writes.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received.equals(sent)).toBe(true);
  });

  it('holds back who writes while nobody reads', async () => {
    let taken = 0;
    serve = (socket) => {
      socket.pause();
      const flood = Buffer.alloc(1_000_000);
      const more = (): void => {
        while (socket.write(flood, () => (taken += flood.length)) && taken < 1e9);
      };
      socket.on('drain', more);
      more();
    };
    const { port } = await opened();
    const socket = client(port);
    socket.pause();
    // It has come to rest when nothing more was taken between two looks.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = taken > 0 && taken === before;
          before = taken;
          return still;
        },
        { interval: 200, timeout: 10_000 },
      )
      .toBe(true);
    expect(taken).toBeLessThan(64_000_000);
    socket.destroy();
  });

  it('brings the answer to who has said all that it had to say', async () => {
    serve = (socket) => {
      socket.once('data', () => socket.end('answer'));
    };
    const { port } = await opened();
    const socket = client(port);
    socket.end('request');
    expect(await textOf(socket)).toBe('answer');
  });

  it('serves two at once, each its own', async () => {
    const { port } = await opened();
    const [left, right] = [client(port), client(port)];
    left.write('left');
    right.write('right');
    const said = await Promise.all([once(left, 'data'), once(right, 'data')]);
    expect(said.map(String)).toEqual(['left', 'right']);
    left.destroy();
    right.destroy();
  });

  it.each([
    ['the pod refuses', () => (connection.server.forward = () => ({ error: 'dial tcp 8888: connection refused' }))],
    ['no pod is ready', () => putPod(connection.server, 'gateway-1', { ready: false })],
    ['the pod is gone', () => connection.server.drop(podRef('gateway-1'))],
    ['the API server cuts it', () => (connection.server.forward = () => ({ port: 1 }))],
  ])('resets a connection where %s, and says why', async (_where, breakIt) => {
    breakIt();
    const { port } = await opened();
    const socket = client(port);
    expect(await endOf(socket)).toBe('ECONNRESET');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^(No pod of Service|The connection to port 8888 of pod) matching-engine\/gateway/);
  });

  it('says that there is no pod of that name', async () => {
    connection.server.drop(podRef('gateway-1'));
    forward = await forwardPort(
      connection.api,
      { namespace: NAMESPACE, pod: 'gateway-1', port: 8080, onFailure: (why) => failures.push(why) },
      never,
    );
    expect(await endOf(client(forward.port))).toBe('ECONNRESET');
    expect(failures[0]).toBe('There is no Pod matching-engine/gateway-1');
  });

  it('finds the pod that came in place of another, and tells', async () => {
    const { port } = await opened();
    const first = client(port);
    first.write('one');
    await once(first, 'data');
    connection.server.drop(podRef('gateway-1'));
    expect(await endOf(client(port))).toBe('ECONNRESET');
    addPod('gateway-2');
    const second = client(port);
    second.write('two');
    expect(String((await once(second, 'data'))[0])).toBe('two');
    expect(others).toEqual(['gateway-2']);
    first.destroy();
    second.destroy();
  });

  it('ends a connection when the pod does', async () => {
    serve = (socket) => socket.end('bye');
    const { port } = await opened();
    const socket = client(port);
    expect(await textOf(socket)).toBe('bye');
  });

  it.each(['close', 'abort'])('is gone after %s, with all its connections', async (how) => {
    connection.server.forward = () => 'silence';
    const stop = new AbortController();
    const { port, close } = await opened(stop.signal);
    const waiting = client(port);
    await once(waiting, 'connect');
    const ended = endOf(waiting);
    if (how === 'close') await close();
    else stop.abort();
    expect(await ended).toBe('ECONNRESET');
    await expect.poll(() => endOf(client(port))).toBe('ECONNREFUSED');
    expect(failures).toEqual([]);
    await close();
  });

  it('says in one line that a local port is taken', async () => {
    await expect(forwardPort(connection.api, { ...place, localPort: podPort }, never)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      exit: 5,
      message: `Port ${podPort} of 127.0.0.1 cannot lead to Service matching-engine/gateway: it is in use`,
    });
  });
});
