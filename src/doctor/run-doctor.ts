/**
 * Looks at everything a target needs and tells it, good or bad. It judges nothing away: what cannot be found out is
 * told as missing. Installs nothing; `fix` makes what is mex's own.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import type { Check, TargetName } from './check.ts';
import { readMachine } from './machine.ts';
import { machineChecks } from './machine-checks.ts';
import { type SparedTools, toolChecks } from './tool-checks.ts';

export interface DoctorOptions {
  target: TargetName;
  /** The folder in which mex is run. Default: the current one. */
  root?: string;
  /** Creates the results folder. */
  fix?: boolean;
  spared?: SparedTools;
  signal?: AbortSignal;
}

/** @throws MexError exit 5 when `fix` cannot create the folder; otherwise only the signal's reason. */
export async function runDoctor(options: DoctorOptions): Promise<Check[]> {
  const { target, root = process.cwd(), fix = false, spared, signal } = options;
  if (fix) await createResults(join(root, 'results'));
  const machine = await readMachine(root);
  const tools = await toolChecks(machine, target, { ...(spared && { spared }), ...(signal && { signal }) });
  return [...machineChecks(machine, target), ...tools];
}

async function createResults(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new MexError(`Cannot create the results folder: ${messageOf(cause)}`, {
      code: 'RESULTS_FOLDER',
      exit: EXIT.environment,
      suggestion: 'Run mex in a folder that you may write to.',
      cause,
    });
  }
}
