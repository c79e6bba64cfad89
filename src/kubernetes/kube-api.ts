/**
 * Requests to the API server of one cluster.
 *
 * Guarantees: one set of connections for all requests; what is sent and what comes back is JSON as it stands, no model in
 * between that would drop the fields it does not know; each request has a time limit; a throttled one waits as long as the
 * server asks, a broken connection is tried again, both a bounded number of times. So only requests that may be repeated
 * belong here: there is no POST.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Dispatcher, WebSocket } from 'undici';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { ApiRefusal, parseStatus } from './api-refusal.ts';
import { accessCluster, type ClusterAccess, type ClusterRef, type Credentials } from './kube-config.ts';
import { waited } from './poll.ts';

export interface ApiCall {
  /** For errors: `apply StatefulSet matching-engine/engine-a`. */
  attempt: string;
  method: 'GET' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
}

/** The API server answers in milliseconds; etcd on a busy disk may take seconds. */
const REQUEST_MS_MAX = 30_000;
/** Attempts at one request, the first one included. */
const TRIES_MAX = 5;
/** Before the second attempt, then twice as long each time: about 4 s in all, what a restarting API server takes. */
const BACKOFF_MS = 250;
/** A server that asks for more patience than this is told of. */
const RETRY_AFTER_MS_MAX = 10_000;
/** Tokens of programs expire; asking again costs a read of the certificates. */
const CREDENTIALS_MS_MAX = 60_000;
/** A list of everything in a large cluster is some megabytes. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;
const RETRIED_STATUS = [429, 503, 504];
const RETRIED_PROBLEMS = [
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
];

export interface ConnectOptions {
  /** Before a request is repeated for the first time. */
  backoffMs?: number;
  /** How old credentials may become. */
  credentialsMs?: number;
}

/** The limit is that of one attempt. */
interface Bounds {
  signal: AbortSignal;
  limitMs?: number;
}

/** Either it is over, with an answer, or it is tried again after a while. */
type Outcome = { answer: Dispatcher.ResponseData } | { againMs: number; problem: MexError };

export class KubeApi {
  readonly ref: ClusterRef;
  readonly #access: ClusterAccess;
  readonly #backoffMs: number;
  readonly #credentialsMs: number;
  #credentials: (Credentials & { atMs: number }) | undefined;

  private constructor(access: ClusterAccess, { backoffMs, credentialsMs }: Required<ConnectOptions>) {
    this.ref = access.ref;
    this.#access = access;
    this.#backoffMs = backoffMs;
    this.#credentialsMs = credentialsMs;
  }

  /** Reads the context; nothing is asked of the cluster yet. Whoever connects closes. */
  static async connect(ref: ClusterRef, options: ConnectOptions = {}): Promise<KubeApi> {
    const { backoffMs = BACKOFF_MS, credentialsMs = CREDENTIALS_MS_MAX } = options;
    return new KubeApi(await accessCluster(ref), { backoffMs, credentialsMs });
  }

  async close(): Promise<void> {
    await this.#credentials?.dispatcher.destroy();
    this.#credentials = undefined;
  }

  /** The answer, parsed, with its status. @throws ApiRefusal; MexError where nobody answers; the signal's reason. */
  async request<T>(call: ApiCall, signal: AbortSignal): Promise<{ status: number; body: T }> {
    const { status, text } = await this.text(call, signal);
    try {
      return { status, body: JSON.parse(text) as T };
    } catch (cause) {
      throw this.#unreachable(`its answer to "${call.attempt}" is no JSON`, cause);
    }
  }

  /** The answer as it is, for what is no JSON: logs. */
  async text(call: ApiCall, signal: AbortSignal): Promise<{ status: number; text: string }> {
    for (let tried = 1; ; tried++) {
      try {
        const { statusCode, body } = await this.#open(call, { signal, limitMs: REQUEST_MS_MAX });
        return { status: statusCode, text: await textOf(body) };
      } catch (thrown) {
        signal.throwIfAborted();
        if (thrown instanceof MexError) throw thrown;
        // The answer was cut off in the middle.
        const problem = this.#unreachable(problemOf(thrown), thrown);
        if (tried >= TRIES_MAX || !isBroken(thrown)) throw problem;
        await waited(this.#pauseMs(tried), signal);
      }
    }
  }

  /** The body as it comes, without an end in sight. It ends when the signal aborts. */
  async stream(call: ApiCall, signal: AbortSignal): Promise<Readable> {
    return (await this.#open(call, { signal })).body;
  }

  /** A WebSocket that is connecting, with the cluster's certificates. */
  async socket(path: string, protocols: string[]): Promise<WebSocket> {
    const [{ WebSocket }, { headers, dispatcher }] = await Promise.all([import('undici'), this.#authorize()]);
    const url = `${this.#access.server.replace(/^http/, 'ws')}${path}`;
    const socket = new WebSocket(url, { protocols, dispatcher, headers });
    socket.binaryType = 'arraybuffer';
    return socket;
  }

  /** The bare connection behind a request to speak another protocol. @throws undici's error when that was not agreed to. */
  async upgrade(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ headers: IncomingHttpHeaders; socket: Duplex }> {
    const [{ upgrade }, { headers: who, dispatcher }] = await Promise.all([import('undici'), this.#authorize()]);
    // HTTP/2 has no upgrade.
    const options = { dispatcher, headers: { ...who, ...headers }, protocol: 'websocket', allowH2: false, signal };
    return upgrade(`${this.#access.server}${path}`, options);
  }

  /** Headers of an answer that is a success. */
  async #open(call: ApiCall, bounds: Bounds): Promise<Dispatcher.ResponseData> {
    let renewed = false;
    for (let tried = 1; ; tried++) {
      const outcome = await this.#try(call, bounds, tried);
      if ('answer' in outcome) return outcome.answer;
      if (outcome.problem instanceof ApiRefusal && outcome.problem.status === 401) {
        if (renewed) throw outcome.problem;
        renewed = true;
        await this.close();
      }
      if (tried >= TRIES_MAX || outcome.againMs > RETRY_AFTER_MS_MAX) throw outcome.problem;
      await waited(outcome.againMs, bounds.signal);
    }
  }

  async #try(call: ApiCall, { signal, limitMs }: Bounds, tried: number): Promise<Outcome> {
    const { headers, dispatcher } = await this.#authorize();
    const { request } = await import('undici');
    const { method, path, query, body, contentType, attempt } = call;
    const url = `${this.#access.server}${path}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`;
    const type = contentType === undefined ? {} : { 'content-type': contentType };
    let answer: Dispatcher.ResponseData;
    try {
      answer = await request(url, {
        method,
        headers: { ...headers, ...type, accept: 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        dispatcher,
        signal: limitMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
        // The signal has the time limit; these would cut a log off in which nothing is written.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    } catch (thrown) {
      signal.throwIfAborted();
      const problem = this.#unreachable(problemOf(thrown), thrown);
      if (!isBroken(thrown)) throw problem;
      return { againMs: this.#pauseMs(tried), problem };
    }
    if (answer.statusCode < 400) return { answer };
    const status = parseStatus(await textOf(answer.body));
    const problem = new ApiRefusal(attempt, answer.statusCode, status);
    if (answer.statusCode === 401) return { againMs: 0, problem };
    const seconds = Number(answer.headers['retry-after'] ?? status.details?.retryAfterSeconds);
    if (!RETRIED_STATUS.includes(answer.statusCode)) throw problem;
    return { againMs: Number.isFinite(seconds) ? seconds * 1_000 : this.#pauseMs(tried), problem };
  }

  /** The certificates stay with the connections that were made with them; only headers are renewed. */
  async #authorize(): Promise<Credentials> {
    const nowMs = performance.now();
    const known = this.#credentials;
    if (known !== undefined && nowMs - known.atMs < this.#credentialsMs) return known;
    const fresh = await this.#access.authorize();
    if (known !== undefined) await fresh.dispatcher.destroy();
    this.#credentials = { headers: fresh.headers, dispatcher: known?.dispatcher ?? fresh.dispatcher, atMs: nowMs };
    return this.#credentials;
  }

  #pauseMs(tried: number): number {
    return this.#backoffMs * 2 ** (tried - 1);
  }

  #unreachable(why: string, cause: unknown): MexError {
    return new MexError(
      `The cluster of context "${this.ref.context}" does not answer at ${this.#access.server}: ${why}`,
      {
        code: 'CLUSTER_UNREACHABLE',
        exit: EXIT.environment,
        suggestion: 'See: mex cluster status',
        cause,
      },
    );
  }
}

async function textOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > BODY_BYTES_MAX) throw new Error(`its answer is longer than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isBroken(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown }).code;
  return typeof code === 'string' && RETRIED_PROBLEMS.includes(code);
}

function problemOf(thrown: unknown): string {
  if ((thrown as Error).name === 'TimeoutError') return `no answer within ${REQUEST_MS_MAX / 1_000} s`;
  // Several addresses were tried: the message of the whole is empty.
  const first = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  return messageOf(first);
}
