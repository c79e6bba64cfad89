import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMex, SYMBOL, startEngineProcess } from '../integration/engine-process.ts';
import { skipped } from '../skipped.ts';
import { loopDisk, smallDisk, whyNoMounts } from './loop-disk.ts';

const reason = whyNoMounts();
const order = (orderId: string) => ({ orderId, symbol: SYMBOL, side: 'SELL', price: 1000, quantity: 1 });

describe.skipIf(skipped(reason !== null, 'a bad disk', String(reason)))('a disk', () => {
  it('that gets full is noticed beforehand: new orders are refused, cancels taken, and orders again once there is room', async () => {
    const folder = smallDisk(24);
    const { call, child, exit } = await startEngineProcess(join(folder, 'shard'), { WAL_SIZE_MB: '1' });
    for (let index = 0; index < 50; index++) await call('POST', '/orders', order(`o-${index}`));
    fill(folder);
    await expect.poll(async () => (await call('POST', '/orders', order('late'))).status, { timeout: 10_000 }).toBe(503);
    const refused = await call('POST', '/orders', order('later'));
    expect(refused.body).toMatchObject({
      reason: 'The disk is nearly full: cancels only',
      outcome: 'not_accepted',
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    for (let index = 0; index < 50; index++) {
      expect((await call('DELETE', `/orders/o-${index}`)).status).toBe(200);
    }
    expect((await call('GET', `/orders/later`)).status).toBe(404);
    rmSync(join(folder, 'filler'));
    await expect
      .poll(async () => (await call('POST', '/orders', order('again'))).status, { timeout: 10_000 })
      .toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('that gets full takes back what log is only retained, before an order is refused for long', async () => {
    const folder = smallDisk(48);
    const { call } = await startEngineProcess(join(folder, 'shard'), { WAL_SIZE_MB: '1' });
    const segments = (): number => readdirSync(join(folder, 'shard/wal')).length;
    // One at a time: each takes a frame of its own, of which a segment holds 255.
    for (let index = 0; index < 2_600; index++) await call('POST', '/orders', order(`o-${index}`));
    await expect.poll(segments, { timeout: 10_000 }).toBeGreaterThan(10);
    fill(folder);
    const place = async (orderId: string) => (await call('POST', '/orders', order(orderId))).status;
    let placed = 0;
    const segmentsLater = async (): Promise<number> => {
      await place(`late-${placed++}`);
      return segments();
    };
    await expect.poll(segmentsLater, { timeout: 10_000 }).toBeLessThan(7);
    await expect.poll(() => place('again'), { timeout: 10_000 }).toBe(200);
    expect((await call('GET', '/orders/o-0')).status).toBe(200);
  });

  it('that is full at the start ends the engine with 74 and one line', async () => {
    const folder = smallDisk(2);
    fill(folder);
    const { code, stderr } = await runMex(['serve', 'engine'], {
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      WAL_PATH: join(folder, 'shard'),
    });
    expect(code).toBe(74);
    expect(stderr).toMatch(/^mex: .*(no space|ENOSPC)/im);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('that hangs is told of, acknowledges nothing meanwhile, and goes on by itself', async () => {
    const disk = loopDisk(64);
    const { call, child, exit } = await startEngineProcess(join(disk.folder, 'shard'), { WAL_SIZE_MB: '4' });
    expect((await call('POST', '/orders', order('before'))).status).toBe(200);
    disk.freeze();
    const during = await call('POST', '/orders', order('during'));
    expect([during.status, during.body.outcome, during.body.reason]).toEqual([
      503,
      'unknown',
      'The disk does not answer',
    ]);
    const behind = await call('POST', '/orders', order('behind'));
    expect([behind.status, behind.body.outcome]).toEqual([503, 'not_accepted']);
    disk.thaw();
    await expect
      .poll(async () => (await call('POST', '/orders', order('during'))).status, { timeout: 10_000 })
      .toBe(200);
    expect((await call('GET', '/orders/behind')).status).toBe(404);
    expect((await call('DELETE', '/orders/during')).body).toMatchObject({ cancelledQuantity: 1 });
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('that is read-only ends the engine with one line, and nothing is written', async () => {
    const disk = loopDisk(16);
    spawnSync('mount', ['-o', 'remount,ro', disk.folder]);
    const { code, stderr } = await runMex(['serve', 'engine'], {
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      WAL_PATH: join(disk.folder, 'shard'),
    });
    expect(code).toBe(74);
    expect(stderr).toMatch(/read-only/i);
    expect(readdirSync(disk.folder)).toEqual(['lost+found']);
  });
});

function fill(folder: string): void {
  const block = Buffer.alloc(64 * 1024);
  const path = join(folder, 'filler');
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'ENOSPC' });
  }
}
