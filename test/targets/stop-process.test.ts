import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify } from '../../src/targets/local/process-identity.ts';
import { stopProcess } from '../../src/targets/local/stop-process.ts';

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
