/** What can be wrong with a log, told with the file, the place, and what to do. */

import { dirname } from 'node:path';
import { SERVER_EXIT } from '../../errors/exit-codes.ts';
import { MexError, messageOf } from '../../errors/mex-error.ts';

export interface Damage {
  path: string;
  offset: number;
  expected: string;
  found: string;
}

export function logDamaged({ path, offset, expected, found }: Damage): MexError {
  const folder = path.endsWith('/wal') ? dirname(path) : dirname(dirname(path));
  return new MexError(`Damaged log: ${path} at byte ${offset}: expected ${expected}, found ${found}`, {
    code: 'LOG_DAMAGED',
    exit: SERVER_EXIT.data,
    suggestion: `Restore it from a copy, or see what can be saved: mex wal salvage ${folder} --to ${folder}.salvaged`,
  });
}

export function logOfOtherVersion(path: string, found: number, readable: number): MexError {
  const isNewer = found > readable;
  return new MexError(`Unreadable log: ${path} has format version ${found}, this mex reads version ${readable}`, {
    code: isNewer ? 'LOG_NEWER' : 'LOG_OLDER',
    exit: SERVER_EXIT.data,
    suggestion: isNewer
      ? 'Start it with the mex that wrote it, or a newer one.'
      : 'No release wrote that version: give this engine a WAL_PATH of its own.',
  });
}

/** The replay did something else than the engine had done. */
export function replayDiffers(place: { path: string; offset: number }, expected: string, found: string): MexError {
  return logDamaged({ ...place, expected: `the state with digest ${expected}`, found: `${found} after the replay` });
}

export function logOfOtherShard(path: string, found: string, expected: string): MexError {
  return new MexError(`Foreign log: ${path} belongs to shard ${found}, this engine is shard ${expected}`, {
    code: 'LOG_FOREIGN',
    exit: SERVER_EXIT.data,
    suggestion: `Set SHARD_ID=${found}, or point WAL_PATH at the log of shard ${expected}.`,
  });
}

export function logLacksSymbol(path: string, symbol: string): MexError {
  return new MexError(`SHARD_SYMBOLS lacks ${symbol}, which the log ${path} holds; allowed is any list with it`, {
    code: 'CONFIG',
    exit: SERVER_EXIT.config,
  });
}

export function logInUse(folder: string): MexError {
  return new MexError(`The log folder ${folder} is in use by another engine`, {
    code: 'LOG_IN_USE',
    exit: SERVER_EXIT.busy,
    suggestion: 'Stop that engine, or give this one a WAL_PATH of its own.',
  });
}

export function logFailed(attempt: string, cause: unknown): MexError {
  return new MexError(`${attempt} failed: ${messageOf(cause)}`, {
    code: 'LOG_IO',
    exit: SERVER_EXIT.io,
    suggestion: 'Look at the disk (df, dmesg), then start again: what was acknowledged is in the log.',
    cause,
  });
}
