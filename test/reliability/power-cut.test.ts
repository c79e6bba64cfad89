import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEngineProcess } from '../integration/engine-process.ts';
import { skipped } from '../skipped.ts';
import { Ledger } from './ledger.ts';
import { loopDisk, whyNoMounts } from './loop-disk.ts';

/** The long form: `MEX_POWER_CUTS=50 npm run test:reliability`. */
const CUTS = Number(process.env.MEX_POWER_CUTS ?? 5);
const CLIENTS = 12;
const ACCEPTED_BEFORE_CUT = 500;
const reason = whyNoMounts();

describe.skipIf(skipped(reason !== null, 'a power cut', String(reason)))('a machine that loses power', () => {
  it(`${CUTS} times has lost nothing that was acknowledged`, async () => {
    const disk = loopDisk(128);
    const ledger = new Ledger();
    const walPath = join(disk.folder, 'shard');
    for (let cut = 0; cut < CUTS; cut++) {
      const { call, child, exit } = await startEngineProcess(walPath, { WAL_SIZE_MB: '1' });
      await ledger.check(call, 0.1);
      const before = ledger.accepted;
      const clients = Array.from({ length: CLIENTS }, () => ledger.client(call));
      await expect
        .poll(() => ledger.accepted - before, { interval: 1 + cut, timeout: 30_000 })
        .toBeGreaterThan(ACCEPTED_BEFORE_CUT);
      disk.cutPower();
      child.kill('SIGKILL');
      await exit;
      await Promise.all(clients);
      disk.powerUp();
    }
    const { call, child, exit } = await startEngineProcess(walPath, { WAL_SIZE_MB: '1' });
    await ledger.check(call);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    process.stdout.write(`${CUTS} power cuts, ${ledger.accepted} orders acknowledged, 0 lost\n`);
  });
});
