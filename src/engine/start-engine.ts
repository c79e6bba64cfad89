/**
 * Puts an engine together: lock the log folder, listen (not ready), replay, take commands. Stops in the opposite order.
 * What could be started is stopped again when a later step fails.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { Server, ServerResponse } from 'node:http';
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { lockFolder } from '../exec/lock-folder.ts';
import { type Clock, systemClock } from './clock.ts';
import type { EngineConfig } from './engine-config.ts';
import { HotPath } from './hot-path.ts';
import { HttpAnswers } from './http/answers.ts';
import { engineApi } from './http/engine-api.ts';
import { closeServer, jsonServer, listen } from './http/json-server.ts';
import { metricsApi } from './http/metrics-api.ts';
import { ShardState } from './match/shard-state.ts';
import { EngineMetrics } from './metrics/engine-metrics.ts';
import { watchGarbageCollection } from './metrics/gc-pauses.ts';
import { type EventSink, NoSink } from './publish/event-sink.ts';
import { LogSink, type LogSinkOptions } from './publish/log-sink.ts';
import { Ring } from './ring/ring.ts';
import { newestSnapshot, restoreSnapshot } from './snapshot/load-snapshot.ts';
import { SnapshotStore } from './snapshot/snapshot-store.ts';
import { Snapshots } from './snapshot/snapshots.ts';
import { type Disk, systemDisk } from './wal/disk.ts';
import { logInUse } from './wal/log-errors.ts';
import { ensureLogId } from './wal/log-id.ts';
import type { LogPlace } from './wal/read-log.ts';
import { recover } from './wal/recover.ts';

/** What tests and faults may replace. */
export interface EngineParts {
  disk?: Disk;
  clock?: Clock;
  sink?: EventSink;
  /** A program in place of the publisher's own. */
  publisherEntry?: URL;
  /** Told a few sentences in the life of an engine, none a request. */
  tell?: (sentence: string) => void;
}

export interface Engine {
  httpPort: number;
  metricsPort: number;
  /** Resolves, with the error, when the engine has failed and must be closed. */
  failure: Promise<Error>;
  /** Answers what it took, then stops. */
  close(): Promise<void>;
}

export async function startEngine(config: EngineConfig, parts: EngineParts = {}): Promise<Engine> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    return { ...(await start(config, parts, undo)), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function start(
  config: EngineConfig,
  { disk = systemDisk, clock = systemClock, tell = () => undefined, ...parts }: EngineParts,
  undo: (() => Promise<void> | void)[],
): Promise<Omit<Engine, 'close'>> {
  const { shardId, symbols, walPath: folder, ackMode, adminToken } = config;
  const state = new ShardState(shardId, symbols, clock, { hashSeed: randomInt(2 ** 32), isServing: true });
  const metrics = new EngineMetrics(shardId);
  const ring = new Ring<ServerResponse>(config.ringSlots);
  const diverged = (error: Error): void => hotPath.fail(error);
  const sink =
    parts.sink ?? sinkOf(config, { tell, diverged, ...(parts.publisherEntry && { entry: parts.publisherEntry }) });
  const hotPath: HotPath<ServerResponse> = new HotPath({
    ring,
    state,
    answers: new HttpAnswers(state),
    sink,
    metrics,
    clock,
    ackMode,
  });
  const nowSeconds = () => clock.monotonicNs() / 1e9;
  undo.push(watchGarbageCollection((seconds) => metrics.gcPaused(seconds, nowSeconds())));
  undo.push(() => sink.close());

  undo.push(await lock(folder));
  const api = jsonServer(engineApi({ shardId, symbols, adminToken, hotPath, ring, clock }));
  const exporter = jsonServer(
    metricsApi(() => metrics.page(ring.size / ring.capacity, sink.totals(clock.nowMs()), nowSeconds())),
  );
  undo.push(() => closeServer(exporter));
  const metricsPort = await listenOn(exporter, 'METRICS_PORT', config.httpHost, config.metricsPort);
  undo.push(() => closeServer(api));
  const httpPort = await listenOn(api, 'HTTP_PORT', config.httpHost, config.httpPort);

  const { segmentBytesMax, retentionBytes } = config;
  const snapshots = new Snapshots({
    ...{ folder, shardId, symbols, disk, segmentBytesMax, retentionBytes, tell },
    confirmedSequence: () => sink.confirmedSequence,
    diverged,
  });
  const { log, sequence, replayed, torn } = await recover(
    {
      ...{ folder, shardId, symbols, segmentBytesMax, disk, clock },
      newSegmentId: () => randomInt(2 ** 32),
      segmentClosed: () => snapshots.take(),
      spaceLow: () => snapshots.release(),
      restoreSnapshot: () => restoreNewestSnapshot(folder, disk, state, tell),
    },
    state,
  );
  if (torn !== null) tell(`torn tail set aside: ${torn}`);
  tell(`at sequence ${sequence}, of which ${replayed} commands were replayed`);
  metrics.booksChanged(state);
  sink.start({ sequence, logId: await ensureLogId(folder, disk, randomBytes(8).toString('hex')) });
  hotPath.start(log);
  // Drain, let the answers out, close the log: after the drain nothing writes to it.
  undo.splice(-2, 0, async () => {
    await snapshots.close();
    await log.close();
  });
  undo.push(() => hotPath.drain());
  return { httpPort, metricsPort, failure: hotPath.failure };
}

function sinkOf(
  {
    kafkaBootstrap: brokers,
    kafkaProxy: via,
    eventDelivery: delivery,
    walPath: folder,
    shardId,
    symbols,
  }: EngineConfig,
  rest: Pick<LogSinkOptions, 'tell' | 'diverged' | 'entry'>,
): EventSink {
  return brokers.length === 0
    ? new NoSink()
    : new LogSink({ brokers, via, delivery, folder, shardId, symbols, ...rest });
}

async function restoreNewestSnapshot(
  folder: string,
  disk: Disk,
  state: ShardState,
  tell: (sentence: string) => void,
): Promise<LogPlace | null> {
  const store = new SnapshotStore(folder, disk);
  const snapshot = await newestSnapshot(store, tell);
  return snapshot && restoreSnapshot(snapshot, state, store.path(snapshot.sequence));
}

async function lock(folder: string): Promise<() => Promise<void>> {
  try {
    // Making parents hides why the last one cannot be made: the second attempt tells.
    await mkdir(folder, { recursive: true }).catch(() => mkdir(folder));
    return await lockFolder(folder, logInUse);
  } catch (thrown) {
    if (thrown instanceof MexError) throw thrown;
    throw new MexError(`Opening the log folder ${folder} failed: ${messageOf(thrown)}`, {
      code: 'LOG_IO',
      exit: SERVER_EXIT.io,
      suggestion: 'Point WAL_PATH at a folder that this user can write.',
      cause: thrown,
    });
  }
}

async function listenOn(server: Server, variable: string, host: string, port: number): Promise<number> {
  try {
    return await listen(server, host, port);
  } catch (thrown) {
    throw new MexError(`Cannot listen on ${host} port ${port}: ${messageOf(thrown)}`, {
      code: 'PORT',
      exit: SERVER_EXIT.io,
      suggestion: `Set another ${variable}; 0 picks a free one.`,
      cause: thrown,
    });
  }
}
