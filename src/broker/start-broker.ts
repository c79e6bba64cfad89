/**
 * A stand-in for a Kafka broker, for a machine that has none: one node, Kafka's own protocol, its log on disk. Leaves out
 * replication, transactions, deletion of old records, security; what it cannot do it refuses by the protocol's error
 * codes, and when its space is used up it takes nothing more.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { SERVER_EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { lockFolder, type ReleaseLock } from '../exec/lock-folder.ts';
import type { BrokerConfig } from './broker-config.ts';
import { serveConnection } from './connection.ts';
import { Groups } from './groups/groups.ts';
import { Topics } from './log/topics.ts';

const CONNECTIONS_MAX = 500;
const CLUSTER_ID = 'mex-stand-in';

export interface Broker {
  port: number;
  close(): Promise<void>;
}

export async function startBroker(
  config: BrokerConfig,
  tell: (sentence: string) => void = () => undefined,
): Promise<Broker> {
  const { topics, groups, unlock } = await openFolder(config);
  const sockets = new Set<Socket>();
  const advertised = { host: config.host, port: config.port };
  const newProducerId = producerIds(config.folder, topics.highestProducerId());
  const state = { topics, groups, advertised, clusterId: CLUSTER_ID, newProducerId };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveConnection(socket, state, tell);
  });
  server.maxConnections = CONNECTIONS_MAX;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    groups.close();
    topics.close();
    await unlock();
  };
  try {
    const port = await listen(server, config);
    Object.assign(advertised, config.advertised ?? { host: config.host, port });
    return { port, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

interface OpenFolder {
  topics: Topics;
  groups: Groups;
  unlock: ReleaseLock;
}

async function openFolder({ folder, bytesMax }: BrokerConfig): Promise<OpenFolder> {
  try {
    mkdirSync(folder, { recursive: true });
    const unlock = await lockFolder(folder, folderInUse);
    return { topics: new Topics(join(folder, 'topics'), bytesMax), groups: new Groups(folder), unlock };
  } catch (thrown) {
    if (thrown instanceof MexError) throw thrown;
    throw new MexError(`Opening the broker's folder ${folder} failed: ${messageOf(thrown)}`, {
      code: 'BROKER_IO',
      exit: SERVER_EXIT.io,
      suggestion: 'Point BROKER_DATA at a folder that this user can write.',
      cause: thrown,
    });
  }
}

function folderInUse(folder: string): MexError {
  return new MexError(`The folder ${folder} is in use by another broker`, {
    code: 'BROKER_BUSY',
    exit: SERVER_EXIT.busy,
    suggestion: 'Stop that one, or point BROKER_DATA at another folder.',
  });
}

/** Each id is given once, also over restarts: an id given twice would make one producer's batches pass for another's. */
function producerIds(folder: string, highestSeen: bigint): () => bigint {
  const path = join(folder, 'producer-id');
  let next = highestSeen + 1n;
  try {
    const kept = BigInt(readFileSync(path, 'utf8').trim());
    if (kept > next) next = kept;
  } catch {
    // The first start.
  }
  return () => {
    const id = next++;
    writeFileSync(`${path}.new`, String(next));
    renameSync(`${path}.new`, path);
    return id;
  };
}

async function listen(server: Server, { host, port }: BrokerConfig): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
  } catch (thrown) {
    throw new MexError(`Cannot listen on ${host} port ${port}: ${messageOf(thrown)}`, {
      code: 'PORT',
      exit: SERVER_EXIT.io,
      suggestion: 'Set another BROKER_PORT; 0 picks a free one.',
      cause: thrown,
    });
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
