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

interface Question {
  seed: number;
  timeScale: number;
  repeat: number;
}

/** A run that is resumed must go on with the same question, or its parts could not be judged together. */
export function assertSameQuestion({ runId, config }: RunRecord, asked: Question): void {
  const differing = (['seed', 'timeScale', 'repeat'] as const).filter((name) => config[name] !== asked[name]);
  if (differing.length === 0) return;
  const found = differing.map((name) => `${name} ${config[name]}, asked ${asked[name]}`).join('; ');
  throw new MexError(`Run ${runId} was started with other settings: ${found}`, {
    code: 'OTHER_QUESTION',
    exit: EXIT.usage,
    suggestion: 'Resume it with the settings that it was started with, or start a new run.',
  });
}

function unreadable(message: string, suggestion: string): MexError {
  return new MexError(message, { code: 'UNREADABLE_RUN', exit: EXIT.usage, suggestion });
}
