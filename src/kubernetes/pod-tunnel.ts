/**
 * One connection to a port of a pod, through the API server, as a stream of bytes.
 *
 * Guarantees: nothing is buffered beyond the marks of Node's streams, in either direction: who reads slowly slows the pod
 * down, and the other way round; a connection that breaks ends with an error and never just stops.
 *
 * The WebSocket protocol `v4.channel.k8s.io` is used, which every version has: two channels, data and errors. It cannot say
 * that one side alone has finished, so the end of what is written here does not reach the pod; the tunnel stays open for
 * what the pod still has to say, and is given up when that does not come.
 */
import { createHash, randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { pathOf } from './kinds.ts';
import type { KubeApi } from './kube-api.ts';
import { FrameReader, frameOf, OPCODE } from './web-socket-frames.ts';

export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

const PROTOCOL = 'v4.channel.k8s.io';
/** Appended to the key of a WebSocket by its server (RFC 6455). */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const DATA = 0;
const ERRORS = 1;
/** The first message of each channel is the number of the port. */
const PORT_BYTES = 2;
const OPEN_MS_MAX = 15_000;
/** After its own end was written: what a server may take for its last answer. */
const SILENT_AFTER_END_MS_MAX = 60_000;
/** What a pod says of a connection that it did not take is a line. */
const ERROR_BYTES_MAX = 4_096;

/** @throws MexError exit 5 when the API server does not let through. That nobody listens in the pod comes as an error later. */
export async function openTunnel(api: KubeApi, to: PodPort, signal: AbortSignal): Promise<Duplex> {
  const { namespace, pod, port } = to;
  const path = `${pathOf({ kind: 'Pod', name: pod, namespace })}/portforward`;
  const key = randomBytes(16).toString('base64');
  const headers = {
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    'sec-websocket-protocol': PROTOCOL,
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS_MAX)]);
  let opened: Awaited<ReturnType<KubeApi['upgrade']>>;
  try {
    opened = await api.upgrade(`${path}?ports=${port}`, headers, limit);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof MexError) throw thrown;
    // An upgrade that is refused does not say why; the same path without one does.
    const attempt = `forward to port ${port} of pod ${namespace}/${pod}`;
    await api.request({ attempt, method: 'GET', path, query: { ports: String(port) } }, signal);
    throw cutOff(to, messageOf(thrown), thrown);
  }
  const accept = createHash('sha1').update(`${key}${ACCEPT_GUID}`).digest('base64');
  if (opened.headers['sec-websocket-accept'] !== accept || opened.headers['sec-websocket-protocol'] !== PROTOCOL) {
    opened.socket.destroy();
    throw cutOff(to, `the API server does not speak ${PROTOCOL}`);
  }
  return new PodTunnel(opened.socket, to);
}

class PodTunnel extends Duplex {
  readonly #socket: Duplex;
  readonly #to: PodPort;
  readonly #frames = new FrameReader();
  /** Of each channel, how much of the port's number is still to come. */
  readonly #portBytesLeft: number[] = [PORT_BYTES, PORT_BYTES];
  #channel = DATA;
  #said = '';
  #ended = false;
  #silence: NodeJS.Timeout | undefined;

  constructor(socket: Duplex, to: PodPort) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#to = to;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.destroy(cutOff(to, messageOf(error), error)));
    socket.on('close', () => {
      if (!this.#ended) this.destroy(cutOff(to, 'the connection was cut'));
    });
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(OPCODE.binary, Buffer.concat([Buffer.from([DATA]), chunk]), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#watchSilence();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#silence);
    this.#ended = true;
    this.#socket.destroy();
    done(error);
  }

  #send(opcode: number, payload: Buffer, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed) done(cutOff(this.#to, 'the connection was cut'));
    else this.#socket.write(frameOf(opcode, payload), done);
  }

  #take(chunk: Buffer): void {
    try {
      for (const piece of this.#frames.read(chunk)) {
        if (piece.kind === 'data') this.#takeData(piece.starts, piece.bytes);
        else if (piece.kind === 'ping') this.#send(OPCODE.pong, Buffer.from(piece.bytes), () => {});
        else this.#end();
      }
    } catch (thrown) {
      this.destroy(cutOff(this.#to, messageOf(thrown), thrown));
    }
  }

  #takeData(starts: boolean, bytes: Buffer): void {
    if (starts) this.#channel = bytes.readUInt8(0);
    let payload = starts ? bytes.subarray(1) : bytes;
    const portBytes = this.#portBytesLeft[this.#channel] ?? 0;
    this.#portBytesLeft[this.#channel] = Math.max(0, portBytes - payload.length);
    payload = payload.subarray(portBytes);
    if (payload.length === 0 || this.#ended) return;
    if (this.writableFinished) this.#watchSilence();
    if (this.#channel === ERRORS) this.#said = (this.#said + payload.toString('utf8')).slice(0, ERROR_BYTES_MAX);
    else if (!this.push(payload)) this.#socket.pause();
  }

  /** In order, unless the pod has said what went wrong. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#said !== '') this.destroy(cutOff(this.#to, this.#said.trim()));
    else this.push(null);
    this.#socket.end(frameOf(OPCODE.close, Buffer.alloc(0)));
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    const why = `nothing came for ${SILENT_AFTER_END_MS_MAX / 1_000} s after its last request`;
    this.#silence = setTimeout(() => this.destroy(cutOff(this.#to, why)), SILENT_AFTER_END_MS_MAX).unref();
  }
}

function cutOff({ namespace, pod, port }: PodPort, why: string, cause?: unknown): MexError {
  return new MexError(`The connection to port ${port} of pod ${namespace}/${pod} failed: ${messageOf(why)}`, {
    code: 'FORWARD_FAILED',
    exit: EXIT.environment,
    cause,
  });
}
