import { describe, expect, it } from 'vitest';
import { parseEngineConfig } from '../../src/engine/engine-config.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { systemDisk } from '../../src/engine/wal/disk.ts';
import { SYMBOL, startEngineProcess, temporaryFolder } from './engine-process.ts';

const KILLS = 10;
const CLIENTS = 8;
/** So many acknowledgements are waited for before a kill: the load runs. */
const ACCEPTED_BEFORE_KILL = 200;

const orderOf = (orderId: string, index: number) => ({
  orderId,
  symbol: SYMBOL,
  side: 'SELL',
  price: 1000 + (index % 50),
  quantity: 1,
});

describe('an engine that is killed', () => {
  it('has lost nothing it acknowledged, ten times', async () => {
    const folder = await temporaryFolder();
    /** What clients were told, as they were told it. */
    const ledger = new Map<string, { timestamp: unknown; order: ReturnType<typeof orderOf> }>();
    for (let kill = 0; kill < KILLS; kill++) {
      const { call, child, exit } = await startEngineProcess(folder);
      const before = ledger.size;
      let isKilled = false;
      const client = async (name: number): Promise<void> => {
        for (let index = 0; !isKilled; index++) {
          const order = orderOf(`k${kill}-c${name}-${index}`, index);
          const answer = await call('POST', '/orders', order).catch(() => null);
          if (answer?.status === 200) ledger.set(order.orderId, { timestamp: answer.body.timestamp, order });
          if (answer === null) return;
        }
      };
      const clients = Array.from({ length: CLIENTS }, (_, name) => client(name));
      await expect
        .poll(() => ledger.size - before, { interval: 1, timeout: 20_000 })
        .toBeGreaterThan(ACCEPTED_BEFORE_KILL);
      child.kill('SIGKILL');
      await exit;
      isKilled = true;
      await Promise.all(clients);
    }
    const { call } = await startEngineProcess(folder);
    const entries = ledger.entries();
    const check = async (): Promise<void> => {
      for (const [orderId, { timestamp, order }] of entries) {
        const again = await call('POST', '/orders', order);
        expect(again.body).toEqual({ status: 'ACCEPTED', orderId, shardId: 'a', timestamp });
        expect((await call('DELETE', `/orders/${orderId}`)).body).toMatchObject({ cancelledQuantity: 1 });
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, check));
    expect(ledger.size).toBeGreaterThan(KILLS * ACCEPTED_BEFORE_KILL);
    // An order whose answer was lost may be there; no client had more than one such under way.
    const { body } = await call('GET', `/book/${SYMBOL}?levels=1000`);
    const left = (body.asks as { orders: number }[]).reduce((sum, { orders }) => sum + orders, 0);
    expect(left).toBeLessThanOrEqual(KILLS * CLIENTS);
  });
});

describe('an engine whose disk fails', () => {
  it.each(['append', 'sync'] as const)('on %s answers unknown, is not ready, and ends with 74', async (broken) => {
    let isBroken = false;
    const walPath = await temporaryFolder();
    const config = parseEngineConfig({ HTTP_PORT: '0', METRICS_PORT: '0', WAL_PATH: walPath });
    const failing = async <Result>(name: string, act: () => Promise<Result>): Promise<Result> => {
      if (isBroken && name === broken) throw Object.assign(new Error('ENOSPC: no space left'), { syscall: name });
      return act();
    };
    const engine = await startEngine(config, {
      disk: {
        ...systemDisk,
        open: async (path) => {
          const file = await systemDisk.open(path);
          return {
            append: (bytes) => failing('append', () => file.append(bytes)),
            sync: () => failing('sync', () => file.sync()),
            close: () => file.close(),
          };
        },
      },
    });
    const url = `http://127.0.0.1:${engine.httpPort}`;
    const place = (orderId: string) =>
      fetch(`${url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(orderOf(orderId, 0)),
      });
    expect((await place('before')).status).toBe(200);
    isBroken = true;
    const failed = await place('during');
    expect(failed.status).toBe(503);
    expect(failed.headers.get('retry-after')).toBe('1');
    expect(await failed.json()).toEqual({
      status: 'REJECTED',
      orderId: 'during',
      reason: 'The log failed',
      outcome: 'unknown',
    });
    isBroken = false;
    expect(await (await place('after')).json()).toMatchObject({ outcome: 'not_accepted' });
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'FAILED', shardId: 'a' }]);
    expect(await engine.failure).toMatchObject({ exit: 74 });
    await engine.close();
    const again = await startEngine(config);
    const book = await fetch(`http://127.0.0.1:${again.httpPort}/book/${SYMBOL}`);
    expect(await book.json()).toMatchObject({ asks: [{ price: 1000 }] });
    await again.close();
  });
});
