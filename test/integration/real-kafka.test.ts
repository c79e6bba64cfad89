/** Kafka itself as the witness: what the engine publishes to the stand-in, it publishes to the real one. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { verifyEvents } from '../../src/events/verify-events.ts';
import { skipped } from '../skipped.ts';
import { startEngineProcess, temporaryFolder } from './engine-process.ts';
import { freePort } from './free-port.ts';
import { trade } from './trade.ts';

const PROGRAM = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'bin/kafka-broker');
const missing = skipped(!existsSync(PROGRAM), 'publishing to real Kafka', `there is no ${PROGRAM}`);

it.skipIf(missing)(
  'every event arrives once, in order, also when Kafka is stopped for a while and the engine killed',
  async () => {
    const folder = await temporaryFolder();
    const kafka = (command: string, ...args: string[]) =>
      execFileSync(PROGRAM, [command, join(folder, 'kafka'), ...args], { stdio: 'ignore', timeout: 90_000 });
    const port = await freePort();
    onTestFinished(() => {
      kafka('resume');
      kafka('stop');
    });
    kafka('start', String(port));
    const brokers = [`127.0.0.1:${port}`];
    const wal = join(folder, 'wal');
    const verify = () => verifyEvents({ folder: wal, brokers, waitMs: 60_000, signal: new AbortController().signal });
    const environment = { KAFKA_BOOTSTRAP: brokers[0] ?? '', WAL_SIZE_MB: '1' };
    const engine = await startEngineProcess(wal, environment);
    await trade(engine.url, 400);
    const exact = { missing: 0, disordered: 0, foreign: 0, altered: 0, repeated: 0, problems: [] };
    expect(await verify()).toMatchObject(exact);
    kafka('pause');
    await trade(engine.url, 400);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await trade(engine.url, 100);
    kafka('resume');
    expect(await verify()).toMatchObject(exact);
    kafka('pause');
    await trade(engine.url, 200);
    engine.child.kill('SIGKILL');
    await engine.exit;
    const again = await startEngineProcess(wal, environment);
    await trade(again.url, 100);
    kafka('resume');
    // What Kafka had taken from the killed engine's connection it may write behind what the new one looked at.
    expect(await verify()).toMatchObject({ missing: 0, foreign: 0, altered: 0, problems: [] });
  },
);
