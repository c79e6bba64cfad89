/** A program in a pod that is talked to: each wait ends, with a line or with the reason why there is none. */
import { spawn } from 'node:child_process';
import { beforeEach, describe, expect, it } from 'vitest';
import { talkInPod } from '../../src/kubernetes/talk-in-pod.ts';
import { connectEach, NAMESPACE, never } from './connect.ts';
import { podRef, putPod } from './pods.ts';

const connection = connectEach();
const WAIT_MS = 10_000;
const talk = (signal = never) =>
  talkInPod(
    connection.api,
    { namespace: NAMESPACE, pod: 'broker-0', container: 'main', argv: ['cat'], purpose: 'echo' },
    signal,
  );
/** Node in place of a program in the pod. */
const runs = (script: string): void => {
  connection.server.exec = () => spawn(process.execPath, ['-e', script]);
};
const ECHO = 'process.stdin.on("data", (text) => process.stdout.write(text.toString().toUpperCase()))';

describe('a program in a pod that is talked to', () => {
  beforeEach(() => putPod(connection.server, 'broker-0', { ready: true }));

  it('hears lines and answers them', async () => {
    runs(ECHO);
    const { say, hear, pending, hangUp } = bound(await talk());
    say('one');
    expect(await hear(WAIT_MS)).toBe('ONE');
    say('two');
    say('three');
    expect([await hear(WAIT_MS), await hear(WAIT_MS)]).toEqual(['TWO', 'THREE']);
    expect(pending()).toEqual({ lines: [], ended: false });
    hangUp();
  });

  it.each<[string, string, RegExp]>([
    [
      'ends with words',
      'console.error("no such process"); process.exitCode = 3',
      /^Could not echo .*: no such process$/,
    ],
    ['ends without', 'process.exitCode = 3', /^Could not echo .*: failed$/],
    [
      'floods',
      'process.stdout.write("x".repeat(200000)); process.stdin.resume()',
      /^Could not echo .*: the connection ended$/,
    ],
  ])('that %s is not waited for', async (_how, script, message) => {
    runs(script);
    const { hear, pending } = bound(await talk());
    await expect(hear(WAIT_MS)).rejects.toMatchObject({ code: 'EXEC_FAILED', exit: 5, message });
    expect(pending().ended).toBe(true);
  });

  it('that says nothing is waited for only so long', async () => {
    runs(ECHO);
    const { hear, hangUp } = bound(await talk());
    await expect(hear(20)).rejects.toMatchObject({ message: expect.stringContaining('it said nothing for 0.02 s') });
    hangUp();
  });

  it('that is cut off is not waited for', async () => {
    runs(ECHO);
    const { hear } = bound(await talk());
    connection.server.cutSockets();
    await expect(hear(WAIT_MS)).rejects.toMatchObject({ message: expect.stringContaining('the connection ended') });
  });

  it('says why where it may not be run, or is not wanted any more', async () => {
    connection.server.exec = () => undefined;
    await expect(talk()).rejects.toMatchObject({ status: 403 });
    connection.server.drop(podRef('broker-0'));
    await expect(talk()).rejects.toMatchObject({ status: 404 });
    await expect(talk(AbortSignal.abort(new Error('Interrupted by SIGINT')))).rejects.toThrow('Interrupted by SIGINT');
  });
});

type Talk = Awaited<ReturnType<typeof talk>>;

function bound(one: Talk): Talk {
  return {
    say: (line) => one.say(line),
    hear: (limitMs) => one.hear(limitMs),
    pending: () => one.pending(),
    hangUp: () => one.hangUp(),
  };
}
