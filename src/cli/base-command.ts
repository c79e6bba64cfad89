/**
 * What every command shares: `--json`, `--debug`, one abort signal for Ctrl-C, errors in one line.
 *
 * The first SIGINT, SIGTERM or SIGHUP aborts `signal`; commands stop what they do, put away what they started and
 * throw `interrupted()`. Further ones are ignored: putting away is bounded, and cutting it short would leave processes.
 */
import { Command, Flags } from '@oclif/core';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { describeError } from './describe-error.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    debug: Flags.boolean({ description: 'show the stack of an error', helpGroup: 'GLOBAL' }),
  };

  readonly #interrupt = new AbortController();

  /** Aborted, with a MexError as its reason, when the person or the system wants the command to end. */
  protected get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** The handlers stay until the process ends: without them a late signal would cut the ending short. */
  protected override async init(): Promise<void> {
    await super.init();
    for (const name of SIGNALS) process.on(name, () => this.#interrupt.abort(interrupted(name)));
  }

  protected override async catch(thrown: Error): Promise<void> {
    const { exit, lines, json } = describeError(thrown);
    process.exitCode = exit;
    if (this.jsonEnabled()) this.logJson(json);
    else for (const line of lines) this.logToStderr(line);
    if (this.argv.includes('--debug')) this.logToStderr(stackOf(thrown));
  }
}

function interrupted(name: string): MexError {
  return new MexError(`Interrupted by ${name}`, { code: 'INTERRUPTED', exit: EXIT.interrupted });
}

function stackOf(thrown: Error): string {
  const cause = thrown.cause instanceof Error ? `\ncaused by ${stackOf(thrown.cause)}` : '';
  return `${thrown.stack ?? thrown.message}${cause}`;
}
