/** What was started here: `.mex/local.json`. Written whole or not at all; a reader never sees half of it. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { EXIT } from '../../errors/exit-codes.ts';
import { MexError } from '../../errors/mex-error.ts';

const VERSION = 1;
const port = z.int().min(0).max(65_535);

const identity = {
  /** Who it is: see `exec/process-identity.ts`. */
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
};
const processRecord = z.object({
  name: z.string(),
  role: z.enum(['engine', 'gateway', 'collector', 'broker', 'proxy', 'prometheus']),
  ...identity,
  /** False while it starts: a `mex` that is killed then leaves it so. */
  ready: z.boolean(),
  httpPort: port,
  metricsPort: port,
  logFile: z.string(),
  /** The environment it was given on top of the usual one. */
  config: z.record(z.string(), z.string()),
});
const localState = z.object({
  version: z.literal(VERSION),
  shape: z.enum(['single', 'multi']),
  processes: z.array(processRecord),
  /** Where the engines publish, if not to a stand-in. */
  realBroker: z
    .object({
      bootstrap: z.string(),
      addresses: z.array(z.string()),
      process: z.object(identity).exactOptional(),
    })
    .exactOptional(),
});

export type Role = ProcessRecord['role'];
export type ProcessRecord = z.infer<typeof processRecord>;
export type LocalState = z.infer<typeof localState>;

/** Undefined: nothing was started. @throws MexError when the file is not one of this version. */
export async function readLocalState(path: string): Promise<LocalState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw problem;
  }
  const found = localState.safeParse(parsed(text));
  if (found.success) return found.data;
  throw new MexError(`${path} is damaged or of another version of mex`, {
    code: 'STATE_UNREADABLE',
    exit: EXIT.environment,
    suggestion: `It says what runs: end those processes by hand, then remove it (rm ${path}).`,
    cause: found.error,
  });
}

/** Undefined removes the file. */
export async function writeLocalState(path: string, state: Omit<LocalState, 'version'> | undefined): Promise<void> {
  if (state === undefined) return rm(path, { force: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ version: VERSION, ...state }, null, 2)}\n`);
  await rename(draft, path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
