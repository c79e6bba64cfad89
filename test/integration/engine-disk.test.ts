import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseEngineConfig } from '../../src/engine/engine-config.ts';
import { startEngine } from '../../src/engine/start-engine.ts';
import { type Disk, type DiskFile, systemDisk } from '../../src/engine/wal/disk.ts';
import { SYMBOL, temporaryFolder } from './engine-process.ts';

/** The real disk, whose writes to the log go through `write`. */
function diskWith(write: (real: DiskFile['write']) => DiskFile['write'], more: Partial<Disk> = {}): Disk {
  return {
    ...systemDisk,
    async openSynced(path) {
      const file = await systemDisk.openSynced(path);
      return { ...file, write: write(file.write) };
    },
    ...more,
  };
}

async function startWith(walPath: string, disk: Disk) {
  const environment = { HTTP_PORT: '0', METRICS_PORT: '0', WAL_PATH: walPath, WAL_SIZE_MB: '1' };
  const engine = await startEngine(parseEngineConfig(environment), { disk });
  onTestFinished(() => engine.close());
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${engine.httpPort}${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: (await answer.json()) as Record<string, unknown>,
    };
  };
  const place = (orderId: string, price = 1000) =>
    call('POST', '/orders', { orderId, symbol: SYMBOL, side: 'SELL', price, quantity: 1 });
  return { engine, call, place };
}

const refused = (orderId: string, reason: string, outcome: string) => ({
  status: 503,
  retryAfter: '1',
  body: { status: 'REJECTED', orderId, reason, outcome },
});

describe('an engine whose disk', () => {
  it('fails answers unknown, is not ready, ends with 74, and has lost nothing it acknowledged', async () => {
    let isBroken = false;
    const folder = await temporaryFolder();
    const broken = diskWith((write) => async (bytes, position) => {
      if (isBroken) throw Object.assign(new Error('EIO: i/o error, write'), { syscall: 'write' });
      return await write(bytes, position);
    });
    const { engine, call, place } = await startWith(folder, broken);
    expect((await place('before')).status).toBe(200);
    await sleep(50); // The log is sealed once nothing has come for a moment: that write is to succeed.
    isBroken = true;
    expect(await place('during')).toEqual(refused('during', 'The log failed', 'unknown'));
    isBroken = false;
    expect(await place('after')).toEqual(refused('after', 'The log failed', 'not_accepted'));
    expect(await call('GET', '/ready')).toMatchObject({ status: 503, body: { status: 'FAILED', shardId: 'a' } });
    expect(await engine.failure).toMatchObject({ exit: 74 });
    await engine.close();
    const again = await startWith(folder, systemDisk);
    expect((await again.call('GET', `/book/${SYMBOL}`)).body).toMatchObject({ asks: [{ price: 1000, orders: 1 }] });
    expect((await again.call('GET', '/orders/after')).status).toBe(404);
  });

  it('writes little at a time writes it all', async () => {
    const folder = await temporaryFolder();
    const slow = diskWith((write) => (bytes, position) => write(bytes.subarray(0, 1000), position));
    const { engine, place } = await startWith(folder, slow);
    for (let index = 0; index < 10; index++) expect((await place(`o-${index}`)).status).toBe(200);
    await engine.close();
    const again = await startWith(folder, systemDisk);
    expect((await again.call('GET', `/book/${SYMBOL}`)).body).toMatchObject({ asks: [{ price: 1000, orders: 10 }] });
  });

  it('hangs says so, and counts what it had been given', async () => {
    let letGo = (): void => undefined;
    let hang: Promise<void> | null = null;
    const hanging = diskWith((write) => async (bytes, position) => {
      await hang;
      return await write(bytes, position);
    });
    const { call, place } = await startWith(await temporaryFolder(), hanging);
    expect((await place('before')).status).toBe(200);
    hang = new Promise((resolve) => {
      letGo = resolve;
    });
    const given = place('given');
    await expect
      .poll(async () => (await place('behind')).body.reason, { timeout: 10_000 })
      .toBe('The disk does not answer');
    // A seal may have been on its way first: then the order was not written, and is told so.
    const answer = await given;
    const { outcome } = answer.body as { outcome?: string };
    const wasGiven = outcome === 'unknown';
    expect(answer).toEqual(refused('given', 'The disk does not answer', wasGiven ? 'unknown' : 'not_accepted'));
    hang = null;
    letGo();
    await expect.poll(async () => (await call('GET', '/orders/given')).status).toBe(wasGiven ? 200 : 404);
    expect((await place('after')).status).toBe(200);
    expect((await call('GET', '/orders/behind')).status).toBe(404);
  });

  it('is nearly full takes cancels only, and all again once there is room', async () => {
    let free = Number.POSITIVE_INFINITY;
    const filling = diskWith((write) => write, { freeBytes: async () => free });
    const { call, place } = await startWith(await temporaryFolder(), filling);
    expect((await place('before')).status).toBe(200);
    free = 1_000_000;
    const full = 'The disk is nearly full: cancels only';
    await expect.poll(async () => (await place('one-more')).body.reason, { timeout: 5_000 }).toBe(full);
    expect(await place('refused')).toEqual(refused('refused', full, 'not_accepted'));
    expect((await call('GET', '/orders/before')).status).toBe(200);
    expect((await call('DELETE', '/orders/before')).status).toBe(200);
    free = Number.POSITIVE_INFINITY;
    await expect.poll(async () => (await place('after')).status, { timeout: 5_000 }).toBe(200);
  });
});
