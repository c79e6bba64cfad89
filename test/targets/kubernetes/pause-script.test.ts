/** The script that stops a broker in its container, run here against a process of its own: it is never left stopped. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAUSE_SCRIPT } from '../../../src/targets/kubernetes/pause-script.ts';
import { skipped } from '../../skipped.ts';
import { noProc, Stoppable } from './stoppable.ts';

const missing = skipped(noProc !== undefined, 'stopping a process in its container', `${noProc}`);
let broker: Stoppable;
let shell: ChildProcessWithoutNullStreams;
let next: () => Promise<string | undefined>;

function run(name: string, leaseS: number): void {
  shell = spawn('bash', ['-c', PAUSE_SCRIPT, 'mex', name, String(leaseS)]);
  const lines = createInterface(shell.stdout)[Symbol.asyncIterator]();
  next = async () => (await lines.next()).value;
}
const states = () => expect.poll(() => broker.state(), { timeout: 10_000 });

describe.skipIf(missing)('a process that the script stops', () => {
  beforeEach(async () => {
    broker = await new Stoppable().start();
  });
  afterEach(async () => {
    if (shell.exitCode === null && shell.signalCode === null) {
      shell.kill('SIGKILL');
      await once(shell, 'exit');
    }
    await broker.end();
  });

  it('stands while it is told to, and goes on when it is told to', async () => {
    run(broker.name, 60);
    expect(await next()).toBe('stopped');
    expect(broker.state()).toBe('stands');
    shell.stdin.write('hold\n');
    expect(await next()).toBe('stands');
    shell.stdin.write('end\n');
    expect(await next()).toBe('continues');
    expect(broker.state()).toBe('runs');
    expect((await once(shell, 'exit'))[0]).toBe(0);
  });

  it('goes on when nobody prolongs it', async () => {
    run(broker.name, 1);
    expect(await next()).toBe('stopped');
    await states().toBe('runs');
    expect(await next()).toBe('continues');
  });

  it.each<[string, () => void]>([
    ['the connection ends', () => shell.stdin.end()],
    [
      'nobody hears the script',
      () => {
        shell.stdout.destroy();
        shell.stdin.write('hold\n');
      },
    ],
    ['the script is told to end', () => shell.kill('SIGTERM')],
  ])('goes on when %s', async (_when, end) => {
    run(broker.name, 60);
    expect(await next()).toBe('stopped');
    end();
    await states().toBe('runs');
  });

  it('is told to run when somebody else has let it go on', async () => {
    run(broker.name, 60);
    expect(await next()).toBe('stopped');
    broker.letGoOn();
    await states().toBe('runs');
    shell.stdin.write('hold\n');
    expect(await next()).toBe('runs');
  });

  it.each([
    ['there is none of that name', 'mex-no-such', 'there is no process called mex-no-such\n'],
    ['there are two', '', 'there are several processes called '],
  ])('is left alone where %s', async (_where, name, words) => {
    await broker.start();
    run(name || broker.name, 60);
    const said: string[] = [];
    shell.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
    expect((await once(shell, 'close'))[0]).toBe(3);
    expect(said.join('')).toContain(words);
    expect(broker.state()).toBe('runs');
  });
});
