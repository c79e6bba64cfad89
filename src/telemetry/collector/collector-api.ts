/**
 * The collector's HTTP API, JSON. Windows are `from` and `to`, epoch milliseconds, both included; labels are
 * parameters `label.NAME=VALUE`.
 *
 *   GET /health     {"status":"UP"}
 *   GET /targets    {"engine-a":{"url","lastAtMs","failed"}}; PUT {"engine-a":"http://…"} replaces the set (loopback only)
 *   GET /scrapes    ?target&from&to         {"scrapes":[{"atMs","tookMs","up":1}, {"atMs","tookMs","up":0,"failed":"why"}]}
 *   GET /samples    ?target&metric&from&to  {"samples":[{"atMs","value"}]}
 *   GET /histogram  ?target&metric&from&to  {"bounds":[…],"samples":[{"atMs","counts","count","sum"}]}
 *   GET /dump       ?from&to                lines of JSON, see `dump-lines.ts`
 *   GET /metrics    how its own scrapes go, Prometheus text
 *
 * What is not there is 404 with `{"error":{"code":"NO_DATA","message"}}`, never an empty list or a zero.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Window } from '../metrics-source.ts';
import type { Labels } from '../series-key.ts';
import { targetProblem } from './collector-config.ts';
import { dumpLines, spelled } from './dump-lines.ts';
import type { ScrapeRecord, SeriesInfo, TargetHistory } from './target-history.ts';

const BODY_BYTES_MAX = 64 * 1024;
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** What the API works on. */
export interface CollectorState {
  readonly intervalMs: number;
  readonly histories: ReadonlyMap<string, TargetHistory>;
  targets(): Record<string, string>;
  /** Replaces the whole set. */
  setTargets(targets: Record<string, string>): void;
}

/** A request that cannot be answered as asked. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function answerCollector(
  state: CollectorState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await route(state, request, response);
  } catch (problem) {
    if (response.headersSent) return void response.destroy();
    const { status, code } = problem instanceof Refusal ? problem : { status: 500, code: 'BUG' };
    const message = problem instanceof Error ? problem.message : String(problem);
    sendJson(response, { error: { code, message } }, status);
  }
}

async function route(state: CollectorState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://collector');
  const query = url.searchParams;
  if (request.method === 'PUT' && url.pathname === '/targets') {
    state.setTargets(await readTargets(request));
    return sendJson(response, state.targets());
  }
  if (request.method !== 'GET') throw new Refusal(405, 'METHOD', `${request.method} is not allowed here`);
  switch (url.pathname) {
    case '/health':
      return sendJson(response, { status: 'UP' });
    case '/targets':
      return sendJson(response, describeTargets(state));
    case '/scrapes':
      return sendJson(response, { scrapes: historyOf(state, query).scrapes(windowOf(query)).map(describeScrape) });
    case '/samples':
      return sendJson(response, { samples: readSamples(state, query) });
    case '/histogram':
      return sendJson(response, readHistogram(state, query));
    case '/dump':
      response.writeHead(200, { 'content-type': 'application/jsonl' });
      return pipeline(Readable.from(withLineEnds(dumpLines(state.histories, windowOf(query)))), response);
    case '/metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      return void response.end(ownMetrics(state));
    default:
      throw new Refusal(404, 'PATH', `There is no ${url.pathname}`);
  }
}

function readSamples(state: CollectorState, query: URLSearchParams) {
  const { history, series } = seriesOf(state, query, false);
  return dataOf(history.samples(series.id, windowOf(query)), query);
}

function readHistogram(state: CollectorState, query: URLSearchParams) {
  const { history, series } = seriesOf(state, query, true);
  const found = history.histogram(series.id, windowOf(query));
  dataOf(found.samples, query);
  return found;
}

function historyOf(state: CollectorState, query: URLSearchParams): TargetHistory {
  const target = required(query, 'target');
  const history = state.histories.get(target);
  if (history !== undefined) return history;
  throw noData(
    `The collector does not scrape "${target}", only: ${[...state.histories.keys()].join(', ') || 'nothing'}`,
  );
}

/** The one series that is meant, among those with data in the window where there are several. */
function seriesOf(state: CollectorState, query: URLSearchParams, wantsHistogram: boolean) {
  const history = historyOf(state, query);
  const metric = required(query, 'metric');
  const labels = labelsOf(query);
  const named = history.find(metric, labels).filter((one) => (one.bounds !== undefined) === wantsHistogram);
  const kind = wantsHistogram ? 'histogram' : 'value';
  if (named.length === 0) throw noData(`${query.get('target')} has no ${kind} ${metric}${JSON.stringify(labels)}`);
  const found = named.length === 1 ? named : named.filter((one) => hasData(history, one, windowOf(query)));
  const [series] = found;
  if (series === undefined) throw noData(noDataText(query));
  if (found.length > 1) {
    const several = found.map((one) => JSON.stringify(one.labels)).join(' ');
    throw new Refusal(
      409,
      'AMBIGUOUS_SERIES',
      `${found.length} series of ${metric} match, narrow by label: ${several}`,
    );
  }
  return { history, series };
}

function hasData(history: TargetHistory, { id, bounds }: SeriesInfo, window: Window): boolean {
  const samples = bounds === undefined ? history.samples(id, window) : history.histogram(id, window).samples;
  return samples.length > 0;
}

function dataOf<T>(samples: readonly T[], query: URLSearchParams): readonly T[] {
  if (samples.length === 0) throw noData(noDataText(query));
  return samples;
}

function noDataText(query: URLSearchParams): string {
  const { fromMs, toMs } = windowOf(query);
  const when = `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`;
  return `No sample of ${query.get('metric')} from ${query.get('target')} in ${when}`;
}

function noData(message: string): Refusal {
  return new Refusal(404, 'NO_DATA', message);
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new Refusal(400, 'USAGE', `The parameter ${name} is missing`);
  return value;
}

function windowOf(query: URLSearchParams): Window {
  const [fromMs, toMs] = ['from', 'to'].map((name) => Number(required(query, name)));
  if (fromMs !== undefined && toMs !== undefined && fromMs <= toMs) return { fromMs, toMs };
  throw new Refusal(400, 'USAGE', 'from and to are epoch milliseconds, from not after to');
}

function labelsOf(query: URLSearchParams): Labels {
  const labels = [...query].filter(([name]) => name.startsWith('label.'));
  return Object.fromEntries(labels.map(([name, value]) => [name.slice('label.'.length), value]));
}

async function readTargets(request: IncomingMessage): Promise<Record<string, string>> {
  if (!LOOPBACK.test(request.socket.remoteAddress ?? '')) throw new Refusal(403, 'LOOPBACK', 'Only from this machine');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_BYTES_MAX) throw new Refusal(413, 'USAGE', `The body is over ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return checkTargets(parseJson(Buffer.concat(chunks).toString('utf8')));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'USAGE', 'The body is not JSON');
  }
}

function checkTargets(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(400, 'USAGE', 'The body is an object of names and URLs');
  }
  const problems = Object.entries(body).flatMap(([name, url]) => {
    const problem = targetProblem(name, url);
    return problem === undefined ? [] : [`"${name}": ${problem}`];
  });
  if (problems.length > 0) throw new Refusal(400, 'USAGE', problems.join('; '));
  return body as Record<string, string>;
}

function describeTargets(state: CollectorState): object {
  const entries = Object.entries(state.targets()).map(([name, url]) => {
    const last = state.histories.get(name)?.last;
    return [name, { url, lastAtMs: last?.atMs ?? null, failed: last?.failed ?? null }];
  });
  return Object.fromEntries(entries);
}

function describeScrape({ atMs, tookMs, failed }: ScrapeRecord): object {
  return failed === undefined ? { atMs, tookMs, up: 1 } : { atMs, tookMs, up: 0, failed };
}

function ownMetrics(state: CollectorState): string {
  const lines = ['# TYPE up gauge'];
  for (const name of Object.keys(state.targets())) {
    const last = state.histories.get(name)?.last;
    if (last !== undefined) lines.push(`up{target="${name}"} ${last.failed === undefined ? 1 : 0}`);
  }
  return `${lines.join('\n')}\n`;
}

function* withLineEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body, spelled));
}
