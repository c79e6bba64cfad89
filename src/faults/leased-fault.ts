/**
 * A fault that ends by itself: whoever wants it says so again and again. If that one is killed, or the machine it runs on
 * loses power, the fault is over when its lease is.
 */
import { isAlive, type ProcessIdentity } from '../exec/process-identity.ts';
import type { FaultProxy } from './fault-proxy.ts';

export type Fault = { kind: 'refuse' | 'black-hole' | 'slow' } | { kind: 'pause'; process: ProcessIdentity };

export class LeasedFault {
  readonly #proxy: FaultProxy;
  #fault: Fault | null = null;
  #lease: NodeJS.Timeout | null = null;

  constructor(proxy: FaultProxy) {
    this.#proxy = proxy;
  }

  get kind(): Fault['kind'] | null {
    return this.#fault?.kind ?? null;
  }

  /** Begins it, or prolongs it. False: the process that is to be paused does not run. */
  async set(fault: Fault, leaseMs: number): Promise<boolean> {
    if (this.#fault?.kind !== fault.kind) {
      await this.end();
      if (fault.kind === 'pause') {
        if (!(await isAlive(fault.process))) return false;
        process.kill(fault.process.pid, 'SIGSTOP');
      } else await this.#proxy.set(fault.kind);
      this.#fault = fault;
    }
    if (this.#lease !== null) clearTimeout(this.#lease);
    this.#lease = setTimeout(() => void this.end(), leaseMs);
    return true;
  }

  async end(): Promise<void> {
    if (this.#lease !== null) clearTimeout(this.#lease);
    this.#lease = null;
    const fault = this.#fault;
    this.#fault = null;
    if (fault?.kind === 'pause' && (await isAlive(fault.process))) process.kill(fault.process.pid, 'SIGCONT');
    await this.#proxy.set('pass');
  }
}
