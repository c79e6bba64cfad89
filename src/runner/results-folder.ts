/**
 * `results/<run-id>/`: what a run leaves behind. Files are written beside their place and renamed into it, so a reader
 * or a full disk never leaves half of one.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';

export const RESULTS_ROOT = 'results';
export const RUN_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** `20261122-231500-k3f9`: the UTC second it began, and four characters against two runs in one second. */
export function newRunId(nowMs: number, random: () => number): string {
  const [date, time] = new Date(nowMs).toISOString().split('T');
  const tail = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `${date?.replaceAll('-', '')}-${time?.slice(0, 8).replaceAll(':', '')}-${tail}`;
}

export class ResultsFolder {
  readonly runId: string;
  readonly path: string;

  private constructor(root: string, runId: string) {
    this.runId = runId;
    this.path = join(root, runId);
  }

  /** A new folder; refuses one that exists. */
  static async create(root: string, runId: string): Promise<ResultsFolder> {
    const folder = new ResultsFolder(root, runId);
    await writing(folder.path, async () => {
      await mkdir(root, { recursive: true });
      await mkdir(folder.path);
    });
    return folder;
  }

  /** The folder of an earlier run; without an id, of the newest one. */
  static async open(root: string, runId?: string): Promise<ResultsFolder> {
    const wanted = runId ?? (await newestRun(root));
    if (wanted === undefined || !RUN_ID_PATTERN.test(wanted) || !(await runIds(root)).includes(wanted)) {
      throw new MexError(wanted === undefined ? `No runs in ${root}/` : `No run "${wanted}" in ${root}/`, {
        code: 'UNKNOWN_RUN',
        exit: EXIT.usage,
        suggestion: await knownRuns(root),
      });
    }
    return new ResultsFolder(root, wanted);
  }

  read(name: string): Promise<string> {
    return readFile(join(this.path, name), 'utf8');
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    const beside = `${path}.tmp`;
    await writing(path, async () => {
      try {
        await writeFile(beside, text);
        await rename(beside, path);
      } catch (thrown) {
        await rm(beside, { force: true });
        throw thrown;
      }
    });
  }

  /** Appends lines to a file that only grows. */
  async append(name: string, lines: AsyncIterable<string>): Promise<void> {
    const path = join(this.path, name);
    await writing(path, async () => {
      let pending = '';
      for await (const line of lines) {
        pending += `${line}\n`;
        if (pending.length > APPEND_CHARACTERS) {
          await appendFile(path, pending);
          pending = '';
        }
      }
      await appendFile(path, pending);
    });
  }
}

const APPEND_CHARACTERS = 1 << 20;

/** Names of the run folders, oldest first: run ids begin with their time. */
export async function runIds(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** The newest run that was made here; the kept reference run only if there is no other. */
async function newestRun(root: string): Promise<string | undefined> {
  const ids = await runIds(root);
  return ids.findLast((id) => /^\d{8}-/.test(id)) ?? ids.at(-1);
}

async function knownRuns(root: string): Promise<string> {
  const ids = await runIds(root);
  return ids.length === 0 ? 'Make one: mex run-all --quick' : `There are: ${ids.slice(-5).join(', ')}`;
}

async function writing(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (thrown instanceof MexError || code === undefined) throw thrown;
    throw new MexError(`Could not write ${path}: ${messageOf(thrown)}`, {
      code: 'RESULTS_NOT_WRITABLE',
      exit: EXIT.environment,
      suggestion: SUGGESTIONS[code] ?? 'Choose another place with --results FOLDER',
      cause: thrown,
    });
  }
}

const SUGGESTIONS: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space, then go on with mex run-all --resume RUN',
};
