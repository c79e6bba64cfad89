import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify } from '../../src/exec/process-identity.ts';
import { stopProcess } from '../../src/exec/stop-process.ts';

const STUBBORN = 'process.on("SIGTERM", () => {}); process.stdout.write("up"); setInterval(() => {}, 1000)';

test('a process that does not drain in time is killed', async () => {
  const child = spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  const identity = await identify(child.pid ?? -1);
  if (identity === undefined) throw new Error('the process is not there');
  expect(await stopProcess(identity, 100)).toBe(true);
  expect(await exit).toEqual([null, 'SIGKILL']);
  expect(await stopProcess(identity, 100)).toBe(false);
});

test.skipIf(process.platform === 'win32')('a process that a fault has stopped still ends by itself', async () => {
  const drains =
    'process.on("SIGTERM", () => process.exit(7)); process.stdout.write("up"); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', drains], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  const identity = await identify(child.pid ?? -1);
  if (identity === undefined) throw new Error('the process is not there');
  child.kill('SIGSTOP');
  expect(await stopProcess(identity)).toBe(true);
  expect(await exit).toEqual([7, null]);
});
