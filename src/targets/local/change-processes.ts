/**
 * Brings the running processes into a shape: what is right is left alone, what is missing or would be told something
 * else is started, what is too much is stopped last. When a step fails, what was started here is stopped again.
 *
 * The record is written after each step, before a process is ready too: a `mex` that is killed leaves nothing unknown.
 */
import { join } from 'node:path';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';
import { stopProcess } from '../../exec/stop-process.ts';
import { SHAPE_SHARDS, type Shape, type ShardId } from '../../protocol/shards.ts';
import type { RealBroker } from '../target.ts';
import { prometheusCommand, prometheusPortsIn, waitUntilScraped, writeTargets } from './local-prometheus.ts';
import { type ProcessRecord, writeLocalState } from './local-state.ts';
import {
  brokerAddress,
  brokerSpec,
  collectorSpec,
  endpointOf,
  engineName,
  engineSpec,
  gatewaySpec,
  type Publishing,
  prometheusSpec,
  proxySpec,
  type ServerSpec,
  sameConfig,
} from './server-specs.ts';
import { readyPortsIn, startProcess } from './start-process.ts';

/** What stays the same for one target. */
export interface LocalSetup {
  folder: string;
  stateFile: string;
  serveArgv: (role: ProcessRecord['role']) => readonly string[];
  env: NodeJS.ProcessEnv;
  readyMsMax: number;
}

/** What is deployed: what runs, in which shape, and where it publishes if not to a stand-in. */
export interface LocalDeployment {
  shape: Shape;
  running: readonly ProcessRecord[];
  realBroker: RealBroker | undefined;
  /** A Prometheus to start beside it; absent: one that runs goes on. */
  prometheus?: string | undefined;
}

/** The collector is on this machine and only sets a table. */
const RETARGET_MS_MAX = 5_000;

export class ProcessChange {
  readonly #setup: LocalSetup;
  readonly #signal: AbortSignal;
  #shape: Shape;
  #realBroker: RealBroker | undefined;
  readonly #before: LocalDeployment;
  readonly #running: Map<string, ProcessRecord>;
  readonly #started: ProcessRecord[] = [];
  changed = false;

  constructor(setup: LocalSetup, before: LocalDeployment, signal: AbortSignal) {
    this.#setup = setup;
    this.#shape = before.shape;
    this.#realBroker = before.realBroker;
    this.#before = before;
    this.#running = new Map(before.running.map((record) => [record.name, record]));
    this.#signal = signal;
  }

  /** @returns what runs now. */
  async apply({ shape, realBroker, prometheus }: Omit<LocalDeployment, 'running'>): Promise<ProcessRecord[]> {
    this.#shape = shape;
    this.#realBroker = realBroker;
    try {
      const publishing = await this.#ensureBroker();
      const engines = await this.#ensureEngines(publishing);
      const servers = engines.map(([, engine]) => engine);
      if (this.#shape === 'multi') servers.push(await this.#ensure(gatewaySpec(engines), this.#signal));
      const collector = await this.#ensureCollector(collectorSpec(servers));
      const watching = await this.#ensurePrometheus(prometheus, servers);
      this.#signal.throwIfAborted();
      await this.#stopAllBut([...servers, collector, ...watching, ...publishing.records]);
    } catch (problem) {
      await this.#takeBack();
      throw problem;
    }
    return [...this.#running.values()];
  }

  async #ensureBroker(): Promise<Publishing & { records: ProcessRecord[] }> {
    const own = this.#realBroker ? [] : [await this.#ensure(brokerSpec(this.#setup.folder), this.#signal)];
    const { bootstrap, addresses } = this.#realBroker ?? standIn(own);
    const proxy = await this.#ensure(proxySpec(addresses), this.#signal);
    return { broker: bootstrap, proxy: `127.0.0.1:${proxy.metricsPort}`, records: [...own, proxy] };
  }

  /** All at once; the first that fails calls off the others. */
  async #ensureEngines(publishing: Publishing): Promise<[ShardId, ProcessRecord][]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#signal, failed.signal]);
    const shards = SHAPE_SHARDS[this.#shape];
    const starts = shards.map(async (shard): Promise<[ShardId, ProcessRecord]> => {
      try {
        return [shard, await this.#ensure(engineSpec(shard, this.#setup.folder, publishing), signal)];
      } catch (problem) {
        failed.abort(problem);
        throw problem;
      }
    });
    const settled = await Promise.allSettled(starts);
    signal.throwIfAborted();
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }

  async #ensure(spec: ServerSpec, signal: AbortSignal): Promise<ProcessRecord> {
    const running = this.#running.get(spec.name);
    if (running !== undefined) {
      if (sameConfig(running.config, spec.config)) return running;
      await this.#stop(running);
    }
    return this.#start(spec, signal);
  }

  /** A collector that runs keeps what it measured, and is told what to scrape from now on. */
  async #ensureCollector(spec: ServerSpec): Promise<ProcessRecord> {
    const running = this.#running.get(spec.name);
    if (running === undefined) return this.#start(spec, this.#signal);
    if (sameConfig(running.config, spec.config)) return running;
    await this.#retarget(running, spec);
    this.changed = true;
    const told = { ...running, config: spec.config };
    this.#running.set(told.name, told);
    await this.#save();
    return told;
  }

  async #retarget(collector: ProcessRecord, { config }: ServerSpec): Promise<void> {
    const pairs = (config.COLLECTOR_TARGETS ?? '').split(',').map((entry) => entry.split(/=(.*)/s).slice(0, 2));
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(RETARGET_MS_MAX)]);
    const body = JSON.stringify(Object.fromEntries(pairs));
    try {
      const response = await fetch(`${endpointOf(collector).url}/targets`, { method: 'PUT', body, signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
    } catch (cause) {
      this.#signal.throwIfAborted();
      throw new MexError(`The collector does not take its new targets: ${messageOf(cause)}`, {
        code: 'TARGET_DOWN',
        exit: EXIT.environment,
        suggestion: 'Run mex undeploy, then deploy again.',
        cause,
      });
    }
  }

  /** Any Prometheus finds the servers by the file, also one that mex did not start. */
  async #ensurePrometheus(asked: string | undefined, servers: readonly ProcessRecord[]): Promise<ProcessRecord[]> {
    await writeTargets(this.#setup.folder, servers.map(endpointOf));
    const program = asked ?? this.#running.get('prometheus')?.config.PROMETHEUS;
    if (program === undefined) return [];
    const prometheus = await this.#ensure(prometheusSpec(program), this.#signal);
    await waitUntilScraped(endpointOf(prometheus), servers.map(endpointOf), this.#signal);
    return [prometheus];
  }

  async #start({ name, role, config }: ServerSpec, signal: AbortSignal): Promise<ProcessRecord> {
    const { folder, serveArgv, env, readyMsMax } = this.#setup;
    const logFile = join(folder, 'logs', `${name}.log`);
    let record: ProcessRecord | undefined;
    const ports = await startProcess(
      {
        name,
        ...(config.PROMETHEUS === undefined
          ? { command: [process.execPath, ...serveArgv(role)], portsIn: readyPortsIn }
          : { command: await prometheusCommand(config.PROMETHEUS, folder), portsIn: prometheusPortsIn }),
        env: { ...env, ...config },
        logFile,
        readyMsMax,
        onStarted: async (identity) => {
          this.changed = true;
          record = { name, role, ...identity, ready: false, httpPort: 0, metricsPort: 0, logFile, config };
          this.#started.push(record);
          this.#running.set(name, record);
          await this.#save();
        },
      },
      signal,
    );
    if (record === undefined) throw new Error(`${name} is ready but was never there`);
    const ready = { ...record, ...ports, ready: true };
    this.#running.set(name, ready);
    await this.#save();
    return ready;
  }

  async #stopAllBut(wanted: readonly ProcessRecord[]): Promise<void> {
    const names = new Set(wanted.map(({ name }) => name));
    const surplus = [...this.#running.values()].filter(({ name }) => !names.has(name));
    for (const record of surplus.sort(byStopOrder)) await this.#stop(record);
    await this.#save();
  }

  async #stop(record: ProcessRecord): Promise<void> {
    await stopProcess(record);
    this.changed = true;
    this.#running.delete(record.name);
    await this.#save();
  }

  async #takeBack(): Promise<void> {
    await Promise.allSettled(this.#started.map((record) => stopProcess(record)));
    for (const { name } of this.#started) this.#running.delete(name);
    this.#shape = this.#before.shape;
    this.#realBroker = this.#before.realBroker;
    await this.#save();
  }

  /** One write at a time: engines start together. */
  #saving: Promise<void> = Promise.resolve();
  #save(): Promise<void> {
    const write = async (): Promise<void> => {
      const processes = [...this.#running.values()];
      const state = { shape: this.#shape, processes, ...(this.#realBroker && { realBroker: this.#realBroker }) };
      await writeLocalState(this.#setup.stateFile, processes.length === 0 ? undefined : state);
    };
    this.#saving = this.#saving.then(write, write);
    return this.#saving;
  }
}

function standIn(brokers: readonly ProcessRecord[]): Pick<RealBroker, 'bootstrap' | 'addresses'> {
  const addresses = brokers.map(brokerAddress);
  return { bootstrap: addresses.join(','), addresses };
}

/** Who scrapes first, so that it sees nobody fall, then those that others do not lean on. */
export function byStopOrder(left: ProcessRecord, right: ProcessRecord): number {
  const order = ['prometheus', 'collector', 'gateway', 'engine', 'proxy', 'broker'];
  return order.indexOf(left.role) - order.indexOf(right.role) || right.name.localeCompare(left.name);
}

/** The deployed engine of a shard. */
export function engineOf(shard: ShardId, records: readonly ProcessRecord[]): ProcessRecord | undefined {
  return records.find(({ name }) => name === engineName(shard));
}
