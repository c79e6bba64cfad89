/** Which sources this mex was built from; null where they are not a git checkout, or git is missing. */
import { tryCommand } from './run-command.ts';

export interface Commit {
  hash: string;
  /** The checkout had changes that are not in that commit. */
  dirty: boolean;
}

const GIT_MS_MAX = 5_000;

/** @param untracked files that git does not know count as changes, too: whatever lies there goes into an image */
export async function commitOf(root: string, { untracked = false } = {}): Promise<Commit | null> {
  const git = (...args: string[]) => tryCommand('git', ['-C', root, ...args], { timeoutMs: GIT_MS_MAX });
  const [top, head, status] = await Promise.all([
    git('rev-parse', '--show-prefix'),
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', `--untracked-files=${untracked ? 'normal' : 'no'}`),
  ]);
  if (top.kind !== 'ok' || head.kind !== 'ok' || status.kind !== 'ok') return null;
  // Installed below somebody else's checkout, the commit would be theirs.
  if (top.stdout.trim() !== '') return null;
  return { hash: head.stdout.trim(), dirty: status.stdout.trim() !== '' };
}
