import { beforeEach, describe, expect, it } from 'vitest';
import { execInPod } from '../../src/kubernetes/exec-in-pod.ts';
import type { ExecFrame } from '../fixtures/kube/web-socket.ts';
import { connectEach, NAMESPACE, never } from './connect.ts';
import { podRef, putPod } from './pods.ts';

const connection = connectEach();
const run = (signal = never, limitMs = 10_000) =>
  execInPod(
    connection.api,
    { namespace: NAMESPACE, pod: 'broker-0', container: 'main', argv: ['kill', '-STOP', '1'], limitMs },
    signal,
  );
const answer = (...frames: ExecFrame[]): void => {
  connection.server.exec = () => frames;
};
const out = (text: string): ExecFrame => ({ stream: 1, text });
const err = (text: string): ExecFrame => ({ stream: 2, text });
const status = (body: object): ExecFrame => ({ stream: 3, text: JSON.stringify(body) });
const SUCCESS = status({ status: 'Success' });
const failure = (code: number): ExecFrame =>
  status({
    status: 'Failure',
    message: 'failed',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

describe('a program that is run in a pod', () => {
  beforeEach(() => putPod(connection.server, 'broker-0', { ready: true }));

  it('is told word by word, without a shell, and its streams are kept apart', async () => {
    let asked = new URLSearchParams();
    connection.server.exec = (query) => {
      asked = query;
      return [out('one\n'), err('two\n'), out('x'.repeat(100_000)), SUCCESS, 'close'];
    };
    expect(await run()).toEqual({ exitCode: 0, stdout: `one\n${'x'.repeat(100_000)}`, stderr: 'two\n' });
    expect(asked.getAll('command')).toEqual(['kill', '-STOP', '1']);
    expect(asked.get('container')).toBe('main');
  });

  it('that fails is an answer', async () => {
    answer(err('no such process\n'), failure(3), 'close');
    expect(await run()).toEqual({ exitCode: 3, stdout: '', stderr: 'no such process\n' });
  });

  it.each<[string, ExecFrame[], RegExp]>([
    ['closed before the program has ended', [out('a'), 'close'], /the connection ended before the program did$/],
    ['cut', [out('a'), 'cut'], /the connection ended before the program did$/],
    ['ended with half a sentence', [{ stream: 3, text: '{"status":"Fai' }, 'cut'], /\{"status":"Fai$/],
    [
      'told that there is no such program',
      [status({ status: 'Failure', message: 'not found' }), 'close'],
      /not found$/,
    ],
    ['flooded', [out('x'.repeat(11 * 1024 * 1024)), 'silence'], /printed more than \d+ bytes$/],
  ])('settles where it is %s', async (_how, frames, message) => {
    answer(...frames);
    await expect(run()).rejects.toMatchObject({ code: 'EXEC_FAILED', exit: 5, message });
  });

  it('settles where nothing more comes, when its time is over', async () => {
    answer(out('a'), 'silence');
    await expect(run(never, 50)).rejects.toMatchObject({
      message: 'Could not run kill -STOP 1 in pod matching-engine/broker-0: it was not done after 0.05 s',
    });
  });

  it('settles when it is not wanted any more', async () => {
    const stop = new AbortController();
    connection.server.exec = () => {
      setImmediate(() => stop.abort(new Error('Interrupted by SIGINT')));
      return ['silence'];
    };
    await expect(run(stop.signal)).rejects.toThrow('Interrupted by SIGINT');
  });

  it('says why where it may not be run at all', async () => {
    connection.server.drop(podRef('broker-0'));
    await expect(run()).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('"broker-0" not found'),
    });
  });
});
