import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SYMBOL, startEngineProcess, temporaryFolder } from '../integration/engine-process.ts';
import { skipped } from '../skipped.ts';

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

/** The kernel's answer to a system call is changed on its way back: the engine's own code, a real failure. */
describe.skipIf(skipped(!hasStrace, 'failing system calls', 'strace is not there, or may not trace'))('a write', () => {
  it.each([
    ['that fails', 'error=EIO'],
    ['that finds no room', 'error=ENOSPC'],
  ])('%s is acknowledged to nobody, and ends the engine with 74', async (_, fault) => {
    const folder = await temporaryFolder();
    const engine = await startEngineProcess(folder, { WAL_SIZE_MB: '1', UV_THREADPOOL_SIZE: '1' });
    const { call, child, exit } = engine;
    const place = (orderId: string) =>
      call('POST', '/orders', { orderId, symbol: SYMBOL, side: 'SELL', price: 1000, quantity: 1 }).catch(() => null);
    expect((await place('before'))?.status).toBe(200);
    const tracer = await attach(child.pid ?? 0, fault);
    const answers = await Promise.all(Array.from({ length: 8 }, (_one, index) => place(`during-${index}`)));
    for (const answer of answers) if (answer !== null) expect(answer.status).toBe(503);
    expect(await exit).toBe(74);
    await tracer.ended;
    const again = await startEngineProcess(folder, { WAL_SIZE_MB: '1' });
    expect((await again.call('GET', '/orders/before')).status).toBe(200);
    for (const [index, answer] of answers.entries()) {
      if (answer?.body.outcome !== 'not_accepted') continue;
      expect((await again.call('GET', `/orders/during-${index}`)).status).toBe(404);
    }
  });
});

/** From now on every positional write of the process fails. */
async function attach(pid: number, fault: string) {
  const inject = `inject=pwrite64:${fault}`;
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-e', 'trace=pwrite64', '-e', inject, '-o', '/dev/null']);
  const ended = once(tracer, 'close');
  onTestFinished(async () => {
    tracer.kill('SIGTERM');
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    tracer.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('attached')) resolve();
    });
    void ended.then(() => reject(new Error(said)));
  });
  return { ended };
}
