/** The process that gives the broker back when this one is gone, as seen from here: see `fault-keeper.ts`. */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';
import type { ClusterRef } from '../../kubernetes/kube-config.ts';
import type { FromFaultKeeper } from './fault-keeper.ts';

export interface FaultKeeper {
  /** There is nothing to give back. */
  done(): void;
  /** It is to give back what this process could not. */
  takeOver(): void;
}

/** Node starts in a tenth of that; reading a kubeconfig loads a large library. */
const READY_MS_MAX = 20_000;

/** Resolves once it keeps watch. @throws MexError where it could not be started */
export async function startFaultKeeper({ context, kubeconfig }: ClusterRef): Promise<FaultKeeper> {
  const argv = [context, ...(kubeconfig === undefined ? [] : [kubeconfig])];
  // A group of its own, which no Ctrl-C of a terminal reaches.
  const keeper = fork(keeperEntry(), argv, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  });
  const problem = await readiness(keeper);
  if (problem !== undefined) {
    if (keeper.connected) keeper.disconnect();
    keeper.kill('SIGKILL');
    throw new MexError(`What would give the broker back could not be started: ${problem}`, {
      code: 'FAULT',
      exit: EXIT.environment,
    });
  }
  keeper.unref();
  keeper.channel?.unref();
  return {
    done: () => {
      if (keeper.connected) keeper.send('done', () => undefined);
    },
    takeOver: () => {
      if (keeper.connected) keeper.disconnect();
    },
  };
}

/** Undefined: it is ready. */
function readiness(keeper: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`it was not ready after ${READY_MS_MAX / 1_000} s`), READY_MS_MAX);
    const settle = (problem?: string): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    keeper.once('error', ({ message }) => settle(message));
    keeper.once('exit', () => settle('it has ended'));
    keeper.once('message', (message: FromFaultKeeper) => {
      settle(message.type === 'ready' ? undefined : message.message);
    });
  });
}

/** The same kind of file as this one: `.js` in `dist`, `.ts` in `src`. */
function keeperEntry(): string {
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./fault-keeper${extension}`, import.meta.url));
}
