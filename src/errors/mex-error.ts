/** Facts of a failure that a caller can act on. */
export interface MexErrorOptions {
  /** Stable, upper-case, for programs: `TARGET_DOWN`. */
  code: string;
  /** Process exit code, from {@link EXIT} or {@link SERVER_EXIT}. */
  exit: number;
  /** What to do next, best a line that can be pasted into a shell. */
  suggestion?: string;
  cause?: unknown;
}

/**
 * A failing world, told in one line: what was attempted and what was found.
 * A broken invariant is no MexError: assert and stop.
 */
export class MexError extends Error {
  readonly code: string;
  readonly exit: number;
  readonly suggestion: string | undefined;

  constructor(message: string, { code, exit, suggestion, cause }: MexErrorOptions) {
    super(message, { cause });
    this.name = 'MexError';
    this.code = code;
    this.exit = exit;
    this.suggestion = suggestion;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(/\s*\n\s*/g, ' ');
}
