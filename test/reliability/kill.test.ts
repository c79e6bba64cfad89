import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEngineProcess, temporaryFolder } from '../integration/engine-process.ts';
import { Ledger } from './ledger.ts';

/** The long form: `MEX_KILLS=200 npm run test:reliability`. */
const KILLS = Number(process.env.MEX_KILLS ?? 20);
const CLIENTS = 12;
/** So many acknowledgements are waited for before a kill: segments have been closed by then. */
const ACCEPTED_BEFORE_KILL = 1_500;
const SMALL_SEGMENTS = { WAL_SIZE_MB: '1', WAL_RETENTION_MB: '1' };

it(`an engine that is killed ${KILLS} times in the middle of its work has lost nothing it acknowledged`, async () => {
  const folder = await temporaryFolder();
  const ledger = new Ledger();
  const startsMs: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const started = performance.now();
    const { call, child, exit } = await startEngineProcess(folder, SMALL_SEGMENTS);
    startsMs.push(performance.now() - started);
    await ledger.check(call, 0.02);
    const before = ledger.accepted;
    const clients = Array.from({ length: CLIENTS }, () => ledger.client(call));
    await expect
      .poll(() => ledger.accepted - before, { interval: 1 + (kill % 7), timeout: 30_000 })
      .toBeGreaterThan(ACCEPTED_BEFORE_KILL);
    child.kill('SIGKILL');
    await exit;
    await Promise.all(clients);
  }
  const { call } = await startEngineProcess(folder, SMALL_SEGMENTS);
  await ledger.check(call);
  expect(readdirSync(join(folder, 'snap')).length).toBeGreaterThan(0);
  const [oldest = ''] = readdirSync(join(folder, 'wal')).sort();
  expect(Number(oldest.slice(0, 20)), 'segments that snapshots cover are gone').toBeGreaterThan(1);
  process.stdout.write(
    `${KILLS} kills, ${ledger.accepted} orders acknowledged, 0 lost; ready again in ${Math.max(...startsMs).toFixed(0)} ms at most\n`,
  );
});
