/** The worker's side of the engine's sink: see `log-sink.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { systemDisk } from '../wal/disk.ts';
import { DurableSignal } from './durable-signal.ts';
import { FireAndForget } from './fire-and-forget.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import type { EventNumbers, PublisherPort } from './publisher-port.ts';

export interface PublisherRequest extends Omit<PublisherOptions, 'disk'> {
  delivery: 'at-least-once' | 'at-most-once';
  durable: SharedArrayBuffer;
}

export type PublisherReport =
  | { kind: 'numbers'; numbers: EventNumbers }
  | { kind: 'told'; sentence: string }
  | { kind: 'failed'; message: string; code: string; exit: number; suggestion: string };

/** @param send in place of handing the records to the session */
export async function runPublisher(
  send: PublisherPort['send'] = (sender, records) => sender.send(records),
): Promise<void> {
  const request = workerData as PublisherRequest;
  const signal = new DurableSignal(request.durable);
  const report = (message: PublisherReport): void => parentPort?.postMessage(message);
  const port: PublisherPort = {
    get durableSequence() {
      return signal.sequence;
    },
    nextDurable: (sequence, withinMs) => signal.beyond(sequence, withinMs),
    send,
    report: (numbers) => report({ kind: 'numbers', numbers }),
    tell: (sentence) => report({ kind: 'told', sentence }),
  };
  const Kind = request.delivery === 'at-least-once' ? Publisher : FireAndForget;
  const publisher = new Kind({ ...request, disk: systemDisk }, port);
  parentPort?.once('message', () => publisher.stop());
  try {
    await publisher.run();
  } catch (thrown) {
    if (!(thrown instanceof MexError)) throw thrown;
    const { code, exit, suggestion = '' } = thrown;
    report({ kind: 'failed', message: messageOf(thrown), code, exit, suggestion });
  } finally {
    parentPort?.close();
  }
}
