/** Is a program there, and which version of it? Never throws but for an abort. */
import { tryCommand } from './run-command.ts';

export interface ToolQuestion {
  /** The program's name on the PATH. */
  name: string;
  /** Arguments that make it print its version, without asking any server. */
  versionArgs: readonly string[];
  /** The first group is the version. */
  versionPattern: RegExp;
}

export type ToolAnswer =
  | { found: false }
  /** `version` is absent where the program is there and does not tell; `problem` says how that ended. */
  | { found: true; version?: string; problem?: string };

/** A healthy tool answers in well under a second, also on a cold disk; beside a cluster that starts it may take many. */
const VERSION_TIMEOUT_MS = 15_000;

export async function findTool(question: ToolQuestion, signal?: AbortSignal): Promise<ToolAnswer> {
  const { name, versionArgs, versionPattern } = question;
  const options = { timeoutMs: VERSION_TIMEOUT_MS, ...(signal && { signal }) };
  const result = await tryCommand(name, versionArgs, options);
  if (result.kind === 'not found') return { found: false };
  if (result.kind === 'failed') {
    const said = result.stderr.trim().split('\n').at(-1);
    return { found: true, problem: said || `${result.commandLine}: ${result.detail}` };
  }
  const version = versionPattern.exec(`${result.stdout}\n${result.stderr}`)?.[1];
  if (version === undefined) return { found: true, problem: `${name} does not tell its version` };
  return { found: true, version };
}
