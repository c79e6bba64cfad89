import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ShardClient } from '../../src/gateway/shard-client.ts';
import { until } from '../integration/gateway-process.ts';
import { skipped } from '../skipped.ts';

const LISTENER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

let child: ChildProcess | undefined;
const fillers: Socket[] = [];

afterEach(() => {
  child?.kill('SIGKILL');
  for (const socket of fillers.splice(0)) socket.destroy();
});

/** A port that neither takes nor refuses: its process is stopped and its queue of connections full. */
async function silentPort(): Promise<number> {
  child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = child.stdout ? await once(child.stdout, 'data') : [];
  const port = Number(line);
  child.kill('SIGSTOP');
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        fillers.push(socket.on('error', () => {}));
        const full = setTimeout(() => resolve(true), 300);
        socket.once('connect', () => {
          clearTimeout(full);
          resolve(false);
        });
      }),
  );
  return port;
}

describe('the way to a shard', () => {
  it.skipIf(skipped(process.platform !== 'linux', 'a connection that is never made', 'only Linux drops it so'))(
    'gives up connecting before the deadline, says that nothing was accepted, and recovers its places',
    async () => {
      const origin = `http://127.0.0.1:${await silentPort()}`;
      const client = new ShardClient(origin, { connections: 1, queue: 1, timeoutMs: 60_000, connectTimeoutMs: 100 });
      try {
        const get = () => client.send({ method: 'GET', path: '/', headers: {} });
        for (let round = 0; round < 3; round++) {
          expect(await Promise.all([get(), get(), get()])).toEqual([
            { kind: 'timeout', outcome: 'not_accepted' },
            { kind: 'timeout', outcome: 'not_accepted' },
            { kind: 'overloaded', outcome: 'not_accepted' },
          ]);
        }
      } finally {
        await client.close();
      }
    },
  );

  it('fails what is running and waiting when it is closed', async () => {
    const client = new ShardClient('http://127.0.0.1:1', {
      connections: 1,
      queue: 5,
      timeoutMs: 60_000,
      connectTimeoutMs: 100,
    });
    const sent = Array.from({ length: 3 }, () => client.send({ method: 'GET', path: '/', headers: {} }));
    await client.close();
    expect(await Promise.all(sent)).toEqual(Array(3).fill({ kind: 'unavailable', outcome: 'not_accepted' }));
  });
});
