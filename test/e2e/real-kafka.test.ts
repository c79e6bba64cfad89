/** Case A4 with Kafka itself, as a person runs it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RunRecord } from '../../src/report/run-record.ts';
import { runMex } from '../mex-process.ts';
import { noKafka, startKafka } from '../real-kafka.ts';
import { skipped } from '../skipped.ts';
import { missedRules } from './run-shortened.ts';

const missing = skipped(noKafka !== undefined, 'case A4 with real Kafka', `${noKafka}`);

it.skipIf(missing).each([
  ['stopped with SIGSTOP', true, 'the broker stopped by SIGSTOP'],
  ['cut off by the proxy', false, 'nothing passed on by the proxy'],
])('A4 counts with real Kafka, %s and refused', async (_how, isStopped, blackHole) => {
  const cwd = mkdtempSync(join(tmpdir(), 'mex-kafka-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const kafka = await startKafka(join(cwd, 'kafka'));
  const broker = ['--kafka', kafka.address, ...(isStopped ? ['--kafka-pid', String(kafka.pid)] : [])];
  const { exit, stderr } = await runMex(
    ['test', 'asr1', '--case', 'a4', '--time-scale', '0.05', '--repeat', '1', ...broker],
    cwd,
  );
  expect([0, 3, 4], stderr).toContain(exit);
  const [runId = ''] = readdirSync(join(cwd, 'results'));
  const { config, cases, judgement } = JSON.parse(
    readFileSync(join(cwd, 'results', runId, 'run.json'), 'utf8'),
  ) as RunRecord;
  expect(config.broker).toBe(kafka.address);
  expect(cases[0]?.phases.map(({ fault }) => fault?.means)).toEqual([blackHole, 'connections refused by the proxy']);
  for (const { shards } of cases[0]?.phases ?? []) {
    const [shard] = shards;
    expect(shard?.published).toMatchObject({
      orders: shard?.ordersCounted,
      matches: shard?.matchesCounted,
      problems: [],
    });
  }
  const [result] = judgement.cases;
  expect(result && missedRules(result)).toEqual([]);
  expect(result?.criteria.find(({ id }) => id === 'decoupling')?.verdict).not.toBe('NOT RUN');
});
