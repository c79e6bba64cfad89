/** `mex serve collector` and `mex undeploy` from outside: ready line, API, exit codes. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { CollectorSource } from '../../src/telemetry/collector/collector-source.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

test('it says that it is ready, scrapes what it was told, and SIGTERM ends it with 0', async () => {
  const metrics = createServer((_, response) => response.end('m_total 3\n')).listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  const { port } = metrics.address() as AddressInfo;
  const env = { ...process.env, HTTP_PORT: '0', COLLECTOR_TARGETS: `engine-a=http://127.0.0.1:${port}/metrics` };
  const child = spawn(process.execPath, [PROGRAM, 'serve', 'collector'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const ready = JSON.parse(line);
    expect(ready).toMatchObject({ level: 30, msg: 'ready', httpPort: expect.any(Number) });
    const source = new CollectorSource(`http://127.0.0.1:${ready.httpPort}`);
    const read = () => source.samples({ target: 'engine-a', metric: 'm_total' }, { fromMs: 0, toMs: Date.now() });
    const [sample] = await vi.waitFor(read, { timeout: 20_000, interval: 50 });
    expect(sample?.value).toBe(3);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    metrics.closeAllConnections();
    metrics.close();
  }
});

test('bad configuration is told at once, exit 64', async () => {
  const env = { ...process.env, HTTP_PORT: 'x', COLLECTOR_TARGETS: 'a=b' };
  const failed = promisify(execFile)(process.execPath, [PROGRAM, 'serve', 'collector'], { env });
  await expect(failed).rejects.toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/^mex: HTTP_PORT is "x".*\nmex: COLLECTOR_TARGETS has "a=b"/),
  });
});

test('undeploy where nothing runs says so, ends with 0 and leaves no folder', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'mex-undeploy-'));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'undeploy', '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({ stopped: [], purged: false });
    expect(await readdir(cwd)).toEqual([]);
  } finally {
    await rm(cwd, { recursive: true });
  }
});
