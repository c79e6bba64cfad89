/**
 * Keeps a running engine's replay short: when enough of the log has been closed a follower makes a snapshot, one at a time,
 * and what no recovery will need any more, and is not retained, is removed. Enough is a segment, or four times the last snapshot where that is
 * more: a state of a million orders is not written each quarter of a minute. A follower that cannot write is told and tried again with the next segment;
 * one whose replay differs from what the engine recorded stops the shard: one of the two is wrong.
 */
import { Worker } from 'node:worker_threads';
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import type { Disk } from '../wal/disk.ts';
import { listSegments, logFolder } from '../wal/folder.ts';
import type { FollowerRequest, FollowerResult } from './follower.ts';
import type { FollowerReport } from './follower-worker.ts';
import { superfluous } from './retention.ts';
import { SnapshotStore } from './snapshot-store.ts';

export interface SnapshotsOptions extends FollowerRequest {
  disk: Disk;
  segmentBytesMax: number;
  /** Of closed log that stays although it is published and covered by a snapshot, as long as there is room. */
  retentionBytes: number;
  /** Everything up to this sequence has been published for good. */
  confirmedSequence(): number;
  tell(sentence: string): void;
  /** The log cannot be replayed to what the engine has. */
  diverged(error: Error): void;
  /** In another thread; a simulation runs it in its own. */
  follow?(request: FollowerRequest): Promise<FollowerResult>;
}

/** Bytes of closed log for each byte of the last snapshot. */
const LOG_SHARE_MIN = 4;

export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #store: SnapshotStore;
  #running: Promise<void> | null = null;
  #shortening: Promise<void> = Promise.resolve();
  #closedBytes = 0;
  #snapshotBytes = 0;
  #isClosed = false;
  #worker: Worker | null = null;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#store = new SnapshotStore(options.folder, options.disk);
  }

  /** A segment has been closed. */
  take(): void {
    this.#closedBytes += this.#options.segmentBytesMax;
    if (this.#isEnough) this.#running ??= this.#run();
  }

  /** The disk is nearly full: what is only retained goes. */
  release(): void {
    if (this.#isClosed) return;
    this.#shorten(0).catch((thrown) => this.#options.tell(`the log was not shortened: ${messageOf(thrown)}`));
  }

  /** Resolves when nothing is under way any more; a snapshot that was is given up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    await this.#running;
    await this.#shortening;
  }

  get #isEnough(): boolean {
    return this.#closedBytes > this.#snapshotBytes * LOG_SHARE_MIN;
  }

  async #run(): Promise<void> {
    while (this.#isEnough && !this.#isClosed) {
      this.#closedBytes = 0;
      await this.#takeOne();
    }
    this.#running = null;
  }

  async #takeOne(): Promise<void> {
    const { folder, shardId, symbols, follow = (request) => this.#followInThread(request), tell } = this.#options;
    try {
      this.#snapshotBytes = (await follow({ folder, shardId, symbols })).bytes;
      const { retentionBytes, segmentBytesMax } = this.#options;
      if (!this.#isClosed) await this.#shorten(Math.ceil(retentionBytes / segmentBytesMax));
    } catch (thrown) {
      if (this.#isClosed) return;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (error instanceof MexError && error.exit === SERVER_EXIT.data) this.#options.diverged(error);
      else tell(`no snapshot: ${messageOf(error)}`);
      this.#snapshotBytes = 0;
    }
  }

  async #followInThread(request: FollowerRequest): Promise<FollowerResult> {
    const file = import.meta.url.endsWith('.ts') ? './follower-worker.ts' : './follower-worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: request, execArgv: [] });
    this.#worker = worker;
    try {
      const report = await new Promise<FollowerReport>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('the follower ended without a word')));
      });
      if (report.ok) return report;
      throw new MexError(report.message, report);
    } finally {
      this.#worker = null;
      await worker.terminate();
    }
  }

  /** One at a time. */
  #shorten(retainedSegments: number): Promise<void> {
    const shortened = this.#shortening.then(() => this.#removeSuperfluous(retainedSegments));
    this.#shortening = shortened.catch(() => undefined);
    return shortened;
  }

  async #removeSuperfluous(retainedSegments: number): Promise<void> {
    const { folder, disk } = this.#options;
    const confirmedSequence = this.#options.confirmedSequence();
    const segments = await listSegments(folder, disk);
    const firstSequences = segments.map(({ firstSequence }) => firstSequence);
    const old = superfluous(firstSequences, await this.#store.sequences(), { confirmedSequence, retainedSegments });
    for (const index of old.segments) await disk.remove(segments[index]?.path ?? '');
    if (old.segments.length > 0) await disk.syncFolder(logFolder(folder));
    for (const sequence of old.snapshots) await this.#store.remove(sequence);
  }
}
