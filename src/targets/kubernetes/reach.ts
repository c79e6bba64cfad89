/**
 * How this machine reaches servers in the cluster: by the node ports that mex's own cluster maps to 127.0.0.1, otherwise by
 * port-forwards through the API. Those are for control and for reading, never for load, and are opened only for what the
 * command at hand uses; what it does not use is told by its address inside the cluster.
 */
import type { HostPorts, PortName } from '../../cluster/cluster-plan.ts';
import { MexError } from '../../errors/mex-error.ts';

/** What a command does with a deployment. */
export type Use = 'orders' | 'metrics' | 'prometheus' | 'broker';

export type ForwardTo = ({ pod: string; service?: never } | { service: string; pod?: never }) & {
  namespace: string;
  port: number;
  /** On this machine. Absent: any that is free. */
  localPort?: number;
};

export interface Forward {
  port: number;
  close(): Promise<void>;
}

/** Opens one that lasts, and connects again by itself, until it is closed or the signal aborts. */
export type OpenForward = (to: ForwardTo, signal: AbortSignal) => Promise<Forward>;

export interface ReachOptions {
  /** Of mex's own cluster; absent: it is somebody else's. */
  ports?: HostPorts | undefined;
  uses: readonly Use[];
  open: OpenForward;
}

/** One port of one server. */
export interface Door {
  use: Use;
  /** Under which name it may be mapped to this machine. */
  mapped?: PortName;
  forward: ForwardTo;
  /** `host:port` as pods reach it. */
  inside: string;
}

export class Reach {
  readonly #ports: HostPorts | undefined;
  readonly #uses: readonly Use[];
  readonly #open: OpenForward;
  readonly #closing = new AbortController();
  readonly #forwards = new Map<string, Promise<Forward>>();

  constructor({ ports, uses, open }: ReachOptions) {
    this.#ports = ports;
    this.#uses = uses;
    this.#open = open;
  }

  /** `host:port`. */
  async addressOf(door: Door): Promise<string> {
    const { mapped, forward, inside } = door;
    if (mapped !== undefined && this.#ports !== undefined) return `127.0.0.1:${this.#ports[mapped]}`;
    return this.reaches(door) ? `127.0.0.1:${(await this.#forwarded(forward)).port}` : inside;
  }

  /** Whether its address is one of this machine. */
  reaches({ use, mapped }: Pick<Door, 'use' | 'mapped'>): boolean {
    return (mapped !== undefined && this.#ports !== undefined) || this.#uses.includes(use);
  }

  async close(): Promise<void> {
    const open = [...this.#forwards.values()];
    this.#forwards.clear();
    await Promise.allSettled(open.map(async (forward) => (await forward).close()));
    this.#closing.abort();
  }

  /** Each is opened once; one that could not be is tried again when it is next asked for. */
  #forwarded(to: ForwardTo): Promise<Forward> {
    const key = JSON.stringify(to);
    const known = this.#forwards.get(key);
    if (known !== undefined) return known;
    const opening = this.#open(to, this.#closing.signal).catch((thrown) => held(to, thrown));
    this.#forwards.set(key, opening);
    opening.catch(() => this.#forwards.delete(key));
    return opening;
  }
}

/** A port that must be this one and is taken may be held by `mex forward`: whoever reads there sees whether it is. */
function held({ localPort }: ForwardTo, thrown: unknown): Forward {
  if (localPort === undefined || !(thrown instanceof MexError) || thrown.code !== 'PORT_TAKEN') throw thrown;
  return { port: localPort, close: async () => {} };
}
