/** The stand-in broker, spoken to by the clients that people use: kafkajs, kcat, Kafka's own console tools. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { skipped } from '../skipped.ts';
import { brokerFolder, startBrokerProcess } from './broker-process.ts';

const KAFKA = join(process.env.MEX_TOOLS ?? join(homedir(), '.cache/mex-tools'), 'kafka');
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
const client = (address: string): Kafka =>
  new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 2 } });

async function withTopic(address: string, topic: string, numPartitions = 3): Promise<void> {
  const admin = client(address).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }] });
  await admin.disconnect();
}

async function consume(address: string, topic: string, count: number): Promise<string[]> {
  const consumer = client(address).consumer({ groupId: `g-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(`${message.key}=${message.value} ${message.headers?.id ?? ''}`);
        if (values.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
}

describe('kafkajs', () => {
  it('gets back what it sent, in order a key, compressed or not, also over a restart', async () => {
    const folder = brokerFolder();
    const first = await startBrokerProcess(folder);
    await withTopic(first.address, 't');
    const producer = client(first.address).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: 5 },
    });
    await producer.connect();
    for (let index = 0; index < 20; index++) {
      const messages = [0, 1, 2].map((key) => ({ key: `k${key}`, value: `v${index}`, headers: { id: `${index}` } }));
      await producer.send({ topic: 't', messages, compression: index % 2 });
    }
    await producer.disconnect();
    await first.kill();
    const second = await startBrokerProcess(folder);
    const values = await consume(second.address, 't', 60);
    for (const key of ['k0', 'k1', 'k2']) {
      const expected = Array.from({ length: 20 }, (_, index) => `${key}=v${index} ${index}`);
      expect(values.filter((value) => value.startsWith(key))).toEqual(expected);
    }
  });

  it('is told that a topic is not there, and none is made by asking', async () => {
    const { address } = await startBrokerProcess();
    const producer = client(address).producer({ retry: { retries: 0 } });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    const sent = producer.send({ topic: 'nowhere', messages: [{ value: 'v' }] });
    await expect(sent).rejects.toThrow('does not host this topic-partition');
  });

  it('is refused a transaction', async () => {
    const { address } = await startBrokerProcess();
    const producer = client(address).producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    onTestFinished(() => producer.disconnect());
    await expect(producer.transaction()).rejects.toThrow();
  });

  it('shares the partitions of a topic among the members of a group', async () => {
    const { address } = await startBrokerProcess();
    await withTopic(address, 't', 4);
    const consumers = [0, 1].map(() =>
      client(address).consumer({ groupId: 'g', maxWaitTimeInMs: 200, heartbeatInterval: 300 }),
    );
    const assigned: (number[] | undefined)[] = [];
    for (const [index, consumer] of consumers.entries()) {
      consumer.on('consumer.group_join', ({ payload }) => {
        assigned[index] = payload.memberAssignment.t ?? [];
      });
      await consumer.connect();
      await consumer.subscribe({ topic: 't' });
      await consumer.run({ eachMessage: async () => undefined });
    }
    await expect.poll(() => assigned.map((one) => one?.length), { timeout: 20_000 }).toEqual([2, 2]);
    expect(assigned.flat().sort()).toEqual([0, 1, 2, 3]);
    for (const consumer of consumers) await consumer.disconnect();
  });
});

describe('a client that does not keep to the protocol', () => {
  it.each([
    ['a request of 2 GiB', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['a negative size', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['an API that is not known', Buffer.from([0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 1, 0xff, 0xff])],
    ['a list longer than its request', Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 1, 0])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ])('%s: its connection ends, others go on', async (_name, bytes) => {
    const { address, port } = await startBrokerProcess();
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    await closed;
    await withTopic(address, 't');
  });
});

const kcatMissing = spawnSync('kcat', ['-V']).status !== 0;
describe.skipIf(skipped(kcatMissing, 'kcat against the stand-in broker', 'kcat is not installed'))('kcat', () => {
  it('gets back what it sent, in every compression', async () => {
    const { address } = await startBrokerProcess();
    await withTopic(address, 't');
    const kcat = (args: string[], input = ''): string =>
      execFileSync('kcat', ['-b', address, '-q', ...args], { input, encoding: 'utf8', timeout: 20_000, stdio: 'pipe' });
    for (const codec of CODECS) {
      kcat(['-P', '-t', 't', '-K:', '-z', codec, '-X', 'enable.idempotence=true'], `k:${codec} 1\nk:${codec} 2\n`);
    }
    const expected = CODECS.flatMap((codec) => [`k=${codec} 1`, `k=${codec} 2`]);
    expect(kcat(['-C', '-t', 't', '-e', '-f', '%k=%s\n']).trim().split('\n')).toEqual(expected);
    expect(kcat(['-L'])).toContain('topic "t" with 3 partitions');
  });
});

const toolsFolder = existsSync(KAFKA) ? readdirSync(KAFKA).find((name) => name.startsWith('tools-')) : undefined;
const consoleMissing = toolsFolder === undefined || spawnSync('java', ['-version']).status !== 0;
const whyNot = `there is no ${KAFKA}/tools-*`;
describe.skipIf(skipped(consoleMissing, "Kafka's console tools against the stand-in broker", whyNot))(
  "Kafka's console tools",
  () => {
    it('get back what they sent, in every compression', async () => {
      const { address } = await startBrokerProcess();
      const java = (tool: string, args: string[], input = ''): string => {
        const classPath = `${join(KAFKA, toolsFolder ?? '')}/*:${KAFKA}/lib/*`;
        const command = ['-Xmx256M', '-XX:TieredStopAtLevel=1', '-cp', classPath, `org.apache.kafka.tools.${tool}`];
        const argv = [...command, '--bootstrap-server', address, ...args];
        return execFileSync('java', argv, { input, encoding: 'utf8', timeout: 60_000, stdio: 'pipe' });
      };
      java('TopicCommand', ['--create', '--topic', 't', '--partitions', '2']);
      for (const codec of CODECS) {
        java('ConsoleProducer', ['--topic', 't', '--compression-codec', codec], `${codec} 1\n${codec} 2\n`);
      }
      const consumed = java('consumer.ConsoleConsumer', ['--topic', 't', '--from-beginning', '--max-messages', '10']);
      const expected = CODECS.flatMap((codec) => [`${codec} 1`, `${codec} 2`]);
      expect(consumed.trim().split('\n').sort()).toEqual(expected.sort());
    });
  },
);
