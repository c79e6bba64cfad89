/** Reads what an earlier run left, and refuses what this mex cannot understand. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { parseRunRecord, type RunRecord } from '../report/run-record.ts';
import type { ResultsFolder } from './results-folder.ts';

export async function readRecord(folder: ResultsFolder): Promise<RunRecord> {
  const path = `${folder.path}/run.json`;
  const text = await folder.read('run.json').catch((cause: unknown) => {
    throw unreadable(
      `Could not read ${path}: ${messageOf(cause)}`,
      'The folder is not a run of mex, or the run ended before its first case.',
    );
  });
  const parsed = parseRunRecord(text);
  if (parsed.ok) return parsed.record;
  const suggestion =
    parsed.problem === 'newer version' ? 'Update mex, or read the run with the mex that made it.' : UNCHANGED;
  throw unreadable(`${path}: ${parsed.message}`, suggestion);
}

const UNCHANGED = 'Nothing was changed.';

/** The parts of a run are judged together, so all of them must have been measured of the same system. */
export function assertSameMex(record: RunRecord, running: Pick<RunRecord, 'mexVersion' | 'commit'>): void {
  const [started, now] = [versionOf(record), versionOf(running)];
  if (started === now) return;
  throw new MexError(`Run ${record.runId} was started by mex ${started}, this is mex ${now}`, {
    code: 'OTHER_MEX',
    exit: EXIT.usage,
    suggestion: 'Start a new run: mex run-all',
  });
}

function versionOf({ mexVersion, commit }: Pick<RunRecord, 'mexVersion' | 'commit'>): string {
  return commit === null ? mexVersion : `${mexVersion} of commit ${commit.hash.slice(0, 12)}`;
}

function unreadable(message: string, suggestion: string): MexError {
  return new MexError(message, { code: 'UNREADABLE_RUN', exit: EXIT.usage, suggestion });
}
