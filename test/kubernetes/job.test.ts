import { beforeEach, describe, expect, it } from 'vitest';
import { type JobOptions, runJob } from '../../src/kubernetes/job.ts';
import type { Json } from '../fixtures/kube/apply-fields.ts';
import { connectEach, EVERY_MS, NAMESPACE, never } from './connect.ts';
import { putEvent } from './pods.ts';

const connection = connectEach();
const JOB = { kind: 'Job', name: 'k6', namespace: NAMESPACE } as const;
const POD = { kind: 'Pod', name: 'k6-abc', namespace: NAMESPACE } as const;
let lines: string[];
beforeEach(() => {
  lines = [];
});
const run = (options: Partial<JobOptions> = {}) =>
  runJob(
    connection.api,
    JOB,
    { container: 'main', onLine: (line) => lines.push(line), limitMs: 10_000, everyMs: EVERY_MS, ...options },
    never,
  );

function putJob(status: Json): void {
  connection.server.put(JOB, { metadata: { uid: 'uid-job' }, status });
}
function putPod(phase: string, state: Json): void {
  connection.server.put(POD, {
    metadata: { uid: 'uid-pod', labels: { 'batch.kubernetes.io/job-name': 'k6' } },
    spec: {},
    status: { phase, containerStatuses: [{ name: 'main', image: 'k6:2', ready: false, restartCount: 0, state }] },
  });
}
const ENDED = [{ type: 'Complete', status: 'True' }];
const FAILED = [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'limit reached' }];

/** The container starts at the third look, writes its log, and ends with this code; later the Job is told ended. */
function play(exitCode: number, conditions: Json[]): void {
  const { server } = connection;
  putJob({ active: 1 });
  let looks = 0;
  server.beforeRead = (path) => {
    if (!path.endsWith('/pods')) return;
    looks++;
    if (looks === 2) putPod('Pending', { waiting: { reason: 'ContainerCreating' } });
    if (looks === 3) putPod('Running', { running: {} });
  };
  server.log = (_request, response) => {
    putPod(exitCode === 0 ? 'Succeeded' : 'Failed', { terminated: { exitCode } });
    response.writeHead(200).end('2026-01-01T00:00:00.000000001Z one\n2026-01-01T00:00:00.000000002Z two\n');
    server.beforeRead = (path, times) => {
      if (path.endsWith('/jobs/k6') && times > 4) putJob({ conditions });
    };
  };
}

describe('a Job', () => {
  it('is seen to its end, with every line that it writes', async () => {
    play(0, ENDED);
    expect(await run()).toEqual({ succeeded: true, exitCode: 0 });
    expect(lines).toEqual(['one', 'two']);
  });

  it('that fails is an answer, with its code and reason', async () => {
    play(99, FAILED);
    expect(await run()).toEqual({
      succeeded: false,
      exitCode: 99,
      reason: 'BackoffLimitExceeded: limit reached',
    });
    expect(lines).toEqual(['one', 'two']);
  });

  it('that was over before its pod ran is an answer, too', async () => {
    putJob({ conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] });
    expect(await run()).toEqual({ succeeded: false, reason: 'DeadlineExceeded' });
  });

  it('whose pod was evicted before it ran is an answer, told by the Job', async () => {
    putJob({ active: 1 });
    connection.server.put(POD, {
      metadata: { uid: 'uid-pod', labels: { 'batch.kubernetes.io/job-name': 'k6' } },
      spec: {},
      status: { phase: 'Failed', reason: 'Evicted' },
    });
    connection.server.beforeRead = (path, times) => {
      if (path.endsWith('/jobs/k6') && times === 3) putJob({ conditions: FAILED });
    };
    expect(await run({ graceMs: { failed: 0 } })).toMatchObject({ succeeded: false });
  });

  it('whose image is missing is told at once', async () => {
    putJob({ active: 1 });
    putPod('Pending', { waiting: { reason: 'ErrImageNeverPull' } });
    await expect(run()).rejects.toMatchObject({
      code: 'IMAGE_MISSING',
      message: 'Job matching-engine/k6: pod k6-abc, container main, cannot get its image: k6:2: ErrImageNeverPull',
    });
  });

  it('for which no pod may be made is told at once', async () => {
    putJob({});
    putEvent(connection.server, { uid: 'uid-job' }, { reason: 'FailedCreate', message: 'exceeded quota' });
    await expect(run()).rejects.toMatchObject({ code: 'POD_REFUSED', message: expect.stringContaining('quota') });
  });

  it('that does not start in time is told', async () => {
    putJob({ active: 1 });
    await expect(run({ startMsMax: 1 })).rejects.toMatchObject({
      code: 'JOB_TIMEOUT',
      exit: 5,
      message: 'Job matching-engine/k6: it has not started within 0.001 s',
    });
  });

  it('that does not end in time is told, and what it has written is kept', async () => {
    putJob({ active: 1 });
    putPod('Running', { running: {} });
    connection.server.log = (_request, response) =>
      void response.writeHead(200).write('2026-01-01T00:00:00.000000001Z one\n');
    await expect(run({ limitMs: 200 })).rejects.toMatchObject({
      message: 'Job matching-engine/k6: it has not ended within 0.2 s',
    });
    expect(lines).toEqual(['one']);
  });

  it('that is not there is told', async () => {
    await expect(run()).rejects.toMatchObject({ code: 'NOT_DEPLOYED', message: 'There is no Job matching-engine/k6' });
  });
});
