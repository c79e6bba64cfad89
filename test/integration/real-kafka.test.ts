/** Kafka itself as the witness: what the engine publishes to the stand-in, it publishes to the real one. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyEvents } from '../../src/events/verify-events.ts';
import { noKafka, startKafka } from '../real-kafka.ts';
import { skipped } from '../skipped.ts';
import { startEngineProcess, temporaryFolder } from './engine-process.ts';
import { trade } from './trade.ts';

const missing = skipped(noKafka !== undefined, 'publishing to real Kafka', `${noKafka}`);

it.skipIf(missing)(
  'every event arrives once, in order, also when Kafka is stopped for a while and the engine killed',
  async () => {
    const folder = await temporaryFolder();
    const kafka = await startKafka(join(folder, 'kafka'));
    const brokers = [kafka.address];
    const wal = join(folder, 'wal');
    const verify = () => verifyEvents({ folder: wal, brokers, waitMs: 60_000, signal: new AbortController().signal });
    const environment = { KAFKA_BOOTSTRAP: kafka.address, WAL_SIZE_MB: '1' };
    const engine = await startEngineProcess(wal, environment);
    await trade(engine.url, 400);
    const exact = { missing: 0, disordered: 0, foreign: 0, altered: 0, repeated: 0, problems: [] };
    expect(await verify()).toMatchObject(exact);
    kafka.pause();
    await trade(engine.url, 400);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await trade(engine.url, 100);
    kafka.resume();
    expect(await verify()).toMatchObject(exact);
    kafka.pause();
    await trade(engine.url, 200);
    engine.child.kill('SIGKILL');
    await engine.exit;
    const again = await startEngineProcess(wal, environment);
    await trade(again.url, 100);
    kafka.resume();
    // What Kafka had taken from the killed engine's connection it may write behind what the new one looked at.
    expect(await verify()).toMatchObject({ missing: 0, foreign: 0, altered: 0, problems: [] });
  },
);
