/** What kafkajs does by itself and must not: each of its known traps. */
import { createServer, type Socket } from 'node:net';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { expect, it, onTestFinished, vi } from 'vitest';
import { kafkaClient } from '../../src/kafka/client.ts';
import { Connections } from '../../src/kafka/connections.ts';
import { startBrokerProcess } from '../integration/broker-process.ts';

async function blackHole(): Promise<{ address: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { address: `127.0.0.1:${address.port}`, sockets };
}

it('an idle connection sets no timer that fires for ever', async () => {
  const { address } = await startBrokerProcess();
  const connections = new Connections();
  const admin = kafkaClient({ brokers: [address], clientId: 't', connections }).admin();
  await admin.connect();
  await admin.listTopics();
  const checks = vi.spyOn(
    RequestQueue.prototype as unknown as { checkPendingRequests(): void },
    'checkPendingRequests',
  );
  // The broker says nothing while nobody asks: many turns of timers, none of which is the client's.
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(checks).not.toHaveBeenCalled();
  checks.mockRestore();
  await admin.disconnect();
});

it('connections that are cut end, and none comes back until that is allowed', async () => {
  const { address } = await startBrokerProcess();
  const connections = new Connections();
  const producer = kafkaClient({ brokers: [address], clientId: 't', connections }).producer({ retry: { retries: 0 } });
  await producer.connect();
  expect(connections.count).toBeGreaterThan(0);
  connections.cut();
  producer.disconnect().catch(() => undefined);
  await expect.poll(() => connections.count).toBe(0);
  await expect(producer.connect()).rejects.toThrow('connections are cut');
  expect(connections.count).toBe(0);
  connections.allow();
  await producer.connect();
  await producer.disconnect();
});

it('a broker that takes connections and never answers fails a request in bounded time, and no rejection goes unhandled', async () => {
  const { address } = await blackHole();
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  const connections = new Connections();
  const client = kafkaClient({ brokers: [address], clientId: 't', connections, requestMsMax: 200 });
  const admin = client.admin();
  await expect(admin.connect()).rejects.toThrow();
  connections.cut();
  admin.disconnect().catch(() => undefined);
  await expect.poll(() => connections.count).toBe(0);
  expect(unhandled).not.toHaveBeenCalled();
});
