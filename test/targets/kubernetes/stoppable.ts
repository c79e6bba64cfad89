/** A process to stop and let go on, under a name that no other process of this machine has. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why such a test cannot be run here. */
export const noProc = existsSync('/proc/self/comm') && existsSync('/bin/bash') ? undefined : 'no /proc, or no bash';

export class Stoppable {
  /** As `/proc` shows it: at most 15 letters. */
  readonly name = `mex${process.pid}-${++made}`.slice(0, 15);
  readonly #folder = mkdtempSync(join(tmpdir(), 'mex-stoppable-'));
  readonly #running: ChildProcess[] = [];

  async start(): Promise<this> {
    const program = join(this.#folder, this.name);
    if (!existsSync(program)) copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['600'], { stdio: 'ignore' });
    this.#running.push(child);
    await once(child, 'spawn');
    return this;
  }

  /** What the first one does. */
  state(): 'stands' | 'runs' {
    const stat = readFileSync(`/proc/${this.#running[0]?.pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] === 'T' ? 'stands' : 'runs';
  }

  /** As somebody else would. */
  letGoOn(): void {
    this.#running[0]?.kill('SIGCONT');
  }

  async end(): Promise<void> {
    for (const child of this.#running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}

let made = 0;
