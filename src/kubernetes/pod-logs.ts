/** What a container wrote: its last lines, or all of it as it comes. */
import type { Readable } from 'node:stream';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { isRefusal } from './api-refusal.ts';
import { pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import type { PodObject } from './object-types.ts';
import { getObject } from './objects.ts';
import { waited } from './poll.ts';

export interface ContainerRef {
  namespace: string;
  pod: string;
  container: string;
}

export interface FollowOptions {
  onLine: (line: string) => void;
  /** From the end of a connection to the next one. */
  resumeMs?: number;
}

/** Shown with a pod that does not stay up. */
const TAIL_LINES = 8;
/** Attempts to go on with a log that ended before its container did, without a new line in between: some 10 s. */
const RESUMES_MAX = 20;
const RESUME_AFTER_MS = 500;

/** The last lines of the run before this one, or of this one; empty where there is nothing, or nothing is kept. */
export async function lastLines(api: KubeApi, of: ContainerRef, signal: AbortSignal): Promise<string[]> {
  for (const previous of ['true', 'false']) {
    const query = { container: of.container, tailLines: String(TAIL_LINES), previous };
    try {
      const { text } = await api.text({ attempt: attemptOf(of), method: 'GET', path: logPath(of), query }, signal);
      if (text.trim() !== '') return text.trimEnd().split('\n');
    } catch (thrown) {
      signal.throwIfAborted();
      // There is no earlier run, the container has not started, or the pod is gone. A log is no reason to fail.
      if (!(thrown instanceof MexError)) throw thrown;
    }
  }
  return [];
}

/** What the node still has of a container's log, of this run or of the one before. @throws ApiRefusal where there is none. */
export async function wholeLog(
  api: KubeApi,
  of: ContainerRef,
  { previous }: { previous: boolean },
  signal: AbortSignal,
): Promise<string> {
  const query = { container: of.container, previous: String(previous) };
  return (await api.text({ attempt: attemptOf(of), method: 'GET', path: logPath(of), query }, signal)).text;
}

/**
 * Every line that a container writes, from its first to its end, each once and without its end of line. A log that ends
 * before the container has, whether its connection broke or was closed, is taken up by the time of the last line. Left
 * out: what the node has thrown away before it was read (a log is cut at some 10 MB, so whoever needs all of a long one
 * reads it while it is written), and further runs of a container that is restarted.
 */
export async function followLines(
  api: KubeApi,
  of: ContainerRef,
  { onLine, resumeMs = RESUME_AFTER_MS }: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const place: Place = { time: '', lines: 0 };
  for (let idle = 0; ; idle++) {
    const before = place.time;
    let problem: unknown = logCut(of, 'it ended before the container did');
    // What it wrote last is there only if it had ended before the reading began.
    const ended = await hasEnded(api, of, signal);
    try {
      await readOn(api, of, { place, onLine, ended }, signal);
      if (ended) return;
    } catch (thrown) {
      signal.throwIfAborted();
      if (isRefusal(thrown, 404)) throw thrown;
      problem = thrown;
    }
    if (place.time !== before) idle = 0;
    if (idle >= RESUMES_MAX) throw problem;
    await waited(resumeMs, signal);
  }
}

/** How far a log was read: the time of the last line, and how many lines had that very time. */
interface Place {
  time: string;
  lines: number;
}

async function readOn(
  api: KubeApi,
  of: ContainerRef,
  { place, onLine, ended }: { place: Place; onLine: (line: string) => void; ended: boolean },
  signal: AbortSignal,
): Promise<void> {
  const known = { ...place };
  const query = {
    container: of.container,
    follow: 'true',
    timestamps: 'true',
    // It counts in whole seconds: what was read already comes again, and is skipped.
    ...(known.time !== '' && { sinceTime: `${known.time.slice(0, WHOLE_SECONDS)}Z` }),
  };
  const body = await api.stream({ attempt: attemptOf(of), method: 'GET', path: logPath(of), query }, signal);
  let skipped = 0;
  for await (const line of linesOf(body, ended)) {
    const [, stamp = '', text = ''] = /^(\S+) ?(.*)$/s.exec(line) ?? [];
    const time = sortable(stamp);
    // The node may answer with a sentence in place of a log.
    if (time === undefined) throw logCut(of, line);
    if (time < known.time || (time === known.time && skipped++ < known.lines)) continue;
    place.lines = time === place.time ? place.lines + 1 : 1;
    place.time = time;
    onLine(text);
  }
}

/** Whole lines. What a closed connection left of one comes again; only the last of all may lack its end. */
async function* linesOf(body: Readable, ended: boolean): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of body.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '' && ended) yield rest;
}

const WHOLE_SECONDS = 'yyyy-mm-ddThh:mm:ss'.length;

/** In UTC, whatever the node's clock says, so that times sort as texts: their fractions do. */
function sortable(stamp: string): string | undefined {
  const [, seconds = '', fraction = '', zone = ''] = /^([^.Z+]*T[^.Z+-]*)(?:\.(\d+))?(.*)$/.exec(stamp) ?? [];
  const atMs = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(atMs)) return undefined;
  return `${new Date(atMs).toISOString().slice(0, WHOLE_SECONDS)}.${fraction}`;
}

async function hasEnded(api: KubeApi, { namespace, pod, container }: ContainerRef, signal: AbortSignal) {
  const found = await getObject<PodObject>(api, { kind: 'Pod', name: pod, namespace }, signal);
  const statuses = [...(found?.status.containerStatuses ?? []), ...(found?.status.initContainerStatuses ?? [])];
  // The log of a pod that is gone cannot be read, and the reading says so.
  return found === undefined || statuses.find(({ name }) => name === container)?.state?.terminated !== undefined;
}

function logPath({ namespace, pod }: ContainerRef): string {
  return `${pathOf({ kind: 'Pod', name: pod, namespace })}/log`;
}

function attemptOf({ namespace, pod, container }: ContainerRef): string {
  return `read the log of ${container} in pod ${namespace}/${pod}`;
}

function logCut(of: ContainerRef, why: string): MexError {
  return new MexError(`Could not ${attemptOf(of)} to its end: ${why}`, { code: 'LOG_CUT', exit: EXIT.environment });
}
