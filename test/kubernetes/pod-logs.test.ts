import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { followLines } from '../../src/kubernetes/pod-logs.ts';
import { connectEach, NAMESPACE, never } from './connect.ts';
import { putPod } from './pods.ts';

const connection = connectEach();
const OF = { namespace: NAMESPACE, pod: 'k6', container: 'main' };

/** Lines as the node keeps them: one each 250 ms, two at the same time now and then. */
const LINES = Array.from({ length: 40 }, (_, n) => {
  const atMs = Date.UTC(2026, 0, 1) + Math.floor(n / 2) * 250;
  return { time: `${new Date(atMs).toISOString().slice(0, -1)}000000Z`, text: n === 7 ? '' : `line ${n}` };
});

/** Sends what the request asks for, up to a line, and then what `end` does. */
function serve(until: number, end: (response: ServerResponse) => void): (since: string | null) => Reply {
  return (since) => ({
    text: LINES.slice(0, until)
      .filter(({ time }) => since === null || time >= since.replace('Z', '.000000000Z'))
      .map(({ time, text }) => `${time} ${text}\n`)
      .join(''),
    end,
  });
}
interface Reply {
  text: string;
  end: (response: ServerResponse) => void;
}

const closed = (response: ServerResponse): void => void response.end();
const cut = (response: ServerResponse): void => void response.destroy();
const cutWithin = (response: ServerResponse): void => {
  response.write(`${LINES[20]?.time} lin`, () => response.destroy());
};
const closedWithin = (response: ServerResponse): void => void response.end(`${LINES[20]?.time} lin`);

/** The container runs while there are several replies left, and has ended before the last. */
function reply(...replies: ((since: string | null) => Reply)[]): void {
  const { server } = connection;
  putPod(server, 'k6', { phase: 'Running', container: { state: { running: {} } } });
  const left = [...replies];
  server.log = ({ query }, response) => {
    const next = left.length > 1 ? left.shift() : left[0];
    const ended = { phase: 'Succeeded', container: { state: { terminated: { exitCode: 0 } } } };
    if (left.length === 1) putPod(server, 'k6', ended);
    const answer = next?.(query.get('sinceTime'));
    response.writeHead(200);
    if (answer !== undefined) response.write(answer.text, () => answer.end(response));
  };
}

async function follow(signal = never): Promise<string[]> {
  const lines: string[] = [];
  await followLines(connection.api, OF, { onLine: (line) => lines.push(line), resumeMs: 1 }, signal);
  return lines;
}

describe('a log that is followed', () => {
  const whole = serve(40, closed);
  it.each([
    ['whole, by one reading', [whole, whole]],
    ['cut in the middle', [serve(21, cut), whole]],
    ['cut within a line', [serve(20, cutWithin), whole]],
    ['closed within a line while the container runs', [serve(20, closedWithin), whole, whole]],
    ['closed again and again', [serve(3, closed), serve(3, closed), serve(4, closed), serve(31, closed), whole]],
    ['cut between two lines of the same time', [serve(11, cut), serve(11, cut), serve(12, cut), whole]],
  ])('has each line once: %s', async (_how, replies) => {
    reply(...replies);
    expect(await follow()).toEqual(LINES.map(({ text }) => text));
  });

  it('asks for what follows, and for the times of the lines', async () => {
    reply(serve(21, cut), whole);
    await follow();
    const asked = connection.server.requests.filter(({ path }) => path.endsWith('/log'));
    expect(asked.map(({ query }) => query.get('sinceTime'))).toEqual([null, '2026-01-01T00:00:02Z']);
    expect(Object.fromEntries(asked[0]?.query ?? [])).toEqual({
      container: 'main',
      follow: 'true',
      timestamps: 'true',
    });
  });

  it('may have a last line without an end', async () => {
    const unfinished = () => ({ text: '2026-01-01T00:00:00.5+02:00 the last', end: closed });
    reply(unfinished, unfinished);
    expect(await follow()).toEqual(['the last']);
  });

  it('is in order whatever digits and zone the node writes', async () => {
    const early = '2026-01-01T02:00:00.1+02:00 one\n';
    const late = '2026-01-01T02:00:00.12+02:00 two\n';
    reply(
      () => ({ text: early, end: closed }),
      () => ({ text: early + late, end: closed }),
    );
    expect(await follow()).toEqual(['one', 'two']);
    const asked = connection.server.requests.filter(({ path }) => path.endsWith('/log'));
    expect(asked.at(-1)?.query.get('sinceTime')).toBe('2026-01-01T00:00:00Z');
  });

  it('of a pod that is gone is told', async () => {
    await expect(follow()).rejects.toMatchObject({ code: 'KUBERNETES_REFUSED', status: 404 });
  });

  it('in place of which the node answers with a sentence is no log', async () => {
    reply(() => ({ text: 'unable to retrieve container logs for containerd://1f2e\n', end: closed }));
    await expect(follow()).rejects.toMatchObject({
      code: 'LOG_CUT',
      message: expect.stringContaining(': unable to retrieve container logs for containerd://1f2e'),
    });
  });

  it('that ends over and over while its container runs is given up', async () => {
    reply(serve(3, closed), serve(3, closed));
    connection.server.beforeRead = () =>
      putPod(connection.server, 'k6', { phase: 'Running', container: { state: { running: {} } } });
    await expect(follow()).rejects.toMatchObject({
      code: 'LOG_CUT',
      message: 'Could not read the log of main in pod matching-engine/k6 to its end: it ended before the container did',
    });
  });

  it('ends when it is not wanted any more', async () => {
    const stop = new AbortController();
    reply(
      serve(5, () => stop.abort(new Error('Interrupted by SIGINT'))),
      whole,
    );
    await expect(follow(stop.signal)).rejects.toThrow('Interrupted by SIGINT');
  });
});
