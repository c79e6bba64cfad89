/** Turns anything that was thrown into what a person and a program are told. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';

export interface ErrorDescription {
  exit: number;
  /** For a terminal: normally one line. Empty where everything has been said already. */
  lines: string[];
  /** For `--json`. */
  json: { error: { code: string; message: string; suggestion: string | null; exit: number } };
}

export function describeError(thrown: unknown): ErrorDescription {
  if (thrown instanceof MexError) return describe(thrown.code, thrown.message, thrown.suggestion, thrown.exit);
  const usage = usageError(thrown);
  if (usage !== undefined) return usage;
  return describe(
    'BUG',
    messageOf(thrown),
    'This is a bug in mex: run again with --debug and report what it prints.',
    EXIT.bug,
  );
}

/** What oclif throws for wrong flags, arguments and commands; it marks them with an exit code of its own. */
function usageError(thrown: unknown): ErrorDescription | undefined {
  const marked = thrown as { oclif?: { exit?: number }; code?: string } | undefined;
  if (!(thrown instanceof Error) || marked?.oclif?.exit === undefined) return undefined;
  if (marked.code === 'EEXIT') {
    return { ...describe('EXIT', '', undefined, marked.oclif.exit), lines: [] };
  }
  const message = messageOf(thrown).replace(/\s*See more help with --help\.?/, '');
  return describe('USAGE', message, 'See --help.', EXIT.usage);
}

function describe(code: string, message: string, suggestion: string | undefined, exit: number): ErrorDescription {
  const text = suggestion === undefined ? message : `${message.replace(/[.]?$/, '.')} ${suggestion}`;
  return {
    exit,
    lines: text.split('\n').map((line) => `mex: ${line}`),
    json: { error: { code, message, suggestion: suggestion ?? null, exit } },
  };
}
