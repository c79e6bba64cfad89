/**
 * The target that needs Node and nothing else: each server is a process of `mex serve …` on free loopback ports, in a
 * session of its own, so that it outlives the command that started it. State, logs and write-ahead logs live in `.mex/`.
 *
 * A process is ours only if its pid and its start time are those of the record; any other is never signalled. Records of
 * processes that are gone count for nothing: `current` does not see them and `deploy` starts what is missing.
 * `undeploy` keeps the logs, and an engine that is deployed again replays its own; with `purge` all of `.mex/` goes.
 */
import { copyFile, mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import { isAlive } from '../../exec/process-identity.ts';
import { SHORT_COLLECTIONS } from '../../exec/short-collections.ts';
import { stopProcess } from '../../exec/stop-process.ts';
import type { FaultKind } from '../../protocol/faults.ts';
import { SHARD_IDS, type Shape, type ShardId } from '../../protocol/shards.ts';
import { findFlags } from '../count-answers.ts';
import type { ActiveFault, Deployment, EventCount, LogCount, RealBroker, Target } from '../target.ts';
import { beginLocalFault } from './broker-fault.ts';
import { byStopOrder, engineOf, type LocalDeployment, type LocalSetup, ProcessChange } from './change-processes.ts';
import { checkEventsWith, countLogWith } from './count-log.ts';
import { writeTargets } from './local-prometheus.ts';
import { type LocalState, type ProcessRecord, type Role, readLocalState, writeLocalState } from './local-state.ts';
import { brokerAddress, endpointOf, logFolder } from './server-specs.ts';
import { withTargetLock } from './target-lock.ts';

export interface LocalTargetOptions {
  /** Where state and logs live. Default `.mex` in the working folder. */
  folder?: string;
  /** Arguments behind Node that start a server. Default `bin/run.js serve ROLE`. */
  serveArgv?: (role: Role) => readonly string[];
  /** Arguments behind Node that count a log. Default `bin/run.js wal inspect PATH --json`. */
  countArgv?: (logFolder: string) => readonly string[];
  /** The environment that servers inherit, below their own configuration. Default that of this process. */
  env?: NodeJS.ProcessEnv;
  /** A broker in place of the stand-in; without one, that of the last deployment stays. */
  realBroker?: RealBroker;
  /** Program of a Prometheus to start beside the servers; without one, that of the last deployment stays. */
  prometheus?: string;
  /** Arguments behind Node that hold the topics against a log. Default `bin/run.js events verify PATH --json`. */
  verifyArgv?: (logFolder: string, broker: string) => readonly string[];
  /** How long a server may take to be ready, replaying its log included. */
  readyMsMax?: number;
}

const PROGRAM = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));
const READY_MS_MAX = 15_000;
/** How long events may take to arrive once the load is over and the broker is back. */
const VERIFY_WAIT_S = '20';

/** The servers listen on loopback only, and the experiment resets and seeds them without one. */
function withoutAdminToken(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'ADMIN_TOKEN'));
}

function serveArgv(role: Role): readonly string[] {
  const serve = [PROGRAM, 'serve', role];
  return role === 'engine' ? [...SHORT_COLLECTIONS, ...serve] : serve;
}

const isBroker = ({ role }: ProcessRecord): boolean => role === 'broker';

export class LocalTarget implements Target {
  readonly name = 'local';
  readonly folder: string;
  readonly #setup: LocalSetup;
  readonly #realBroker: RealBroker | undefined;
  readonly #prometheus: string | undefined;
  readonly #countArgv: (logFolder: string) => readonly string[];
  readonly #verifyArgv: (logFolder: string, broker: string) => readonly string[];

  constructor(options: LocalTargetOptions = {}) {
    this.folder = resolve(options.folder ?? '.mex');
    this.#countArgv = options.countArgv ?? ((path) => [PROGRAM, 'wal', 'inspect', path, '--json']);
    this.#verifyArgv =
      options.verifyArgv ??
      ((path, broker) => [PROGRAM, 'events', 'verify', path, '--kafka', broker, '--wait', VERIFY_WAIT_S, '--json']);
    this.#setup = {
      folder: this.folder,
      stateFile: join(this.folder, 'local.json'),
      serveArgv: options.serveArgv ?? serveArgv,
      env: withoutAdminToken(options.env ?? process.env),
      readyMsMax: options.readyMsMax ?? READY_MS_MAX,
    };
    this.#realBroker = options.realBroker;
    this.#prometheus = options.prometheus;
  }

  async deploy(shape: Shape, signal: AbortSignal): Promise<{ deployment: Deployment; changed: boolean }> {
    signal.throwIfAborted();
    await mkdir(join(this.folder, 'logs'), { recursive: true });
    await mkdir(join(this.folder, 'wal'), { recursive: true });
    return this.#locked(async () => {
      const state = await readLocalState(this.#setup.stateFile);
      const { ready, halfway } = await this.#living(state);
      for (const record of halfway) await stopProcess(record);
      const before = { shape: state?.shape ?? shape, running: ready, realBroker: state?.realBroker };
      const change = new ProcessChange(this.#setup, before, signal);
      const realBroker = this.#realBroker ?? before.realBroker;
      const running = await change.apply({ shape, realBroker, prometheus: this.#prometheus });
      const deployment = this.#describe({ shape, running, realBroker });
      return { deployment, changed: change.changed || state?.shape !== shape };
    });
  }

  /** @throws MexError `TARGET_BROKEN` when servers run but their collector does not. */
  async current(): Promise<Deployment | undefined> {
    const state = await readLocalState(this.#setup.stateFile);
    const { ready } = await this.#living(state);
    if (state === undefined || ready.length === 0) return undefined;
    return this.#describe({ shape: state.shape, running: ready, realBroker: state.realBroker });
  }

  async undeploy({ purge = false } = {}): Promise<string[]> {
    if (!(await stat(this.folder).catch(() => undefined))?.isDirectory()) return [];
    return this.#locked(async () => {
      const state = await readLocalState(this.#setup.stateFile);
      const stopped: string[] = [];
      for (const record of (state?.processes ?? []).sort(byStopOrder)) {
        if (await stopProcess(record)) stopped.push(record.name);
      }
      await writeLocalState(this.#setup.stateFile, undefined);
      if (state !== undefined) await writeTargets(this.folder, []);
      if (purge) await this.#purge();
      return stopped;
    });
  }

  async holdsData(): Promise<boolean> {
    return (await readdir(join(this.folder, 'wal')).catch(() => [])).length > 0;
  }

  async countLog(shard: ShardId, signal: AbortSignal, find: readonly string[] = []): Promise<LogCount> {
    return countLogWith([...this.#countArgv(logFolder(this.folder, shard)), ...findFlags(find)], signal);
  }

  async checkEvents(shard: ShardId, signal: AbortSignal): Promise<EventCount> {
    const { broker, realBroker } = (await this.current()) ?? {};
    const brokers = realBroker?.bootstrap ?? broker?.url ?? '';
    return checkEventsWith(this.#verifyArgv(logFolder(this.folder, shard), brokers), signal);
  }

  async beginFault(kind: FaultKind, signal: AbortSignal): Promise<ActiveFault> {
    const state = await readLocalState(this.#setup.stateFile);
    const { ready } = await this.#living(state);
    const { process } = this.#realBroker ?? state?.realBroker ?? {};
    return beginLocalFault(kind, { records: ready, stoppable: process ?? ready.find(isBroker) }, signal);
  }

  async copyLogs(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const logs = join(this.folder, 'logs');
    const names = await readdir(logs).catch(() => []);
    await Promise.all(names.map((name) => copyFile(join(logs, name), join(folder, basename(name)))));
  }

  /** Nothing is held between two calls. */
  async close(): Promise<void> {}

  /** The recorded processes that run: those that were ready, and those whose start was cut short. */
  async #living(state: LocalState | undefined): Promise<{ ready: ProcessRecord[]; halfway: ProcessRecord[] }> {
    const records = state?.processes ?? [];
    const alive = await Promise.all(records.map((record) => isAlive(record)));
    const living = records.filter((_, index) => alive[index]);
    return { ready: living.filter((one) => one.ready), halfway: living.filter((one) => !one.ready) };
  }

  #describe({ shape, running, realBroker }: LocalDeployment): Deployment {
    const endpoint = (role: Role) => running.filter((one) => one.role === role).map(endpointOf)[0];
    const [gateway, collector, proxy] = [endpoint('gateway'), endpoint('collector'), endpoint('proxy')];
    const prometheus = endpoint('prometheus');
    const broker = running.find(isBroker);
    if (collector === undefined) {
      throw new MexError('The collector has ended while other servers run', {
        code: 'TARGET_BROKEN',
        exit: EXIT.environment,
        suggestion: `Start it again: mex deploy ${shape}`,
      });
    }
    const shards: Deployment['shards'] = {};
    for (const shard of SHARD_IDS) {
      const engine = engineOf(shard, running);
      if (engine !== undefined) shards[shard] = endpointOf(engine);
    }
    return {
      shape,
      shards,
      ...(gateway && { gateway }),
      collector,
      ...(broker && { broker: { ...endpointOf(broker), url: brokerAddress(broker), metricsUrl: '' } }),
      ...(realBroker && { realBroker }),
      ...(proxy && { proxy }),
      ...(prometheus && { prometheus }),
    };
  }

  /** All but the record of a cluster, which `mex cluster down` needs to find what it is to remove. */
  async #purge(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => !name.startsWith('cluster.'));
    for (const name of names) await rm(join(this.folder, name), { recursive: true, force: true });
    await rmdir(this.folder).catch(() => undefined);
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return withTargetLock(join(this.folder, 'lock'), work);
  }
}
