/** An answer of the API server that is no success, in one line. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';

/** What the server sends with a refusal, as far as it is used. */
export interface StatusBody {
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string; field?: string }[]; retryAfterSeconds?: number };
}

export class ApiRefusal extends MexError {
  readonly status: number;
  readonly body: StatusBody;

  /** @param attempt what was asked for: `apply StatefulSet matching-engine/engine-a`. */
  constructor(attempt: string, status: number, body: StatusBody) {
    const said = body.message ?? 'it gave no reason';
    super(
      `Kubernetes refused to ${attempt} (${status}${body.reason === undefined ? '' : ` ${body.reason}`}): ${said}`,
      {
        code: 'KUBERNETES_REFUSED',
        exit: EXIT.environment,
        ...suggestionFor(status),
      },
    );
    this.status = status;
    this.body = body;
  }
}

export function isRefusal(thrown: unknown, status: number): thrown is ApiRefusal {
  return thrown instanceof ApiRefusal && thrown.status === status;
}

/** A body that is no Status (a proxy's page, a cut answer) is told as it is, shortened. */
export function parseStatus(text: string): StatusBody {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  const shown = text.replace(/\s+/g, ' ').trim().slice(0, SHOWN_CHARACTERS);
  return shown === '' ? {} : { message: shown };
}

const SHOWN_CHARACTERS = 200;

function suggestionFor(status: number): { suggestion?: string } {
  switch (status) {
    case 401:
      return { suggestion: "The context's credentials are not valid, or have expired: log in to the cluster again." };
    case 403:
      return { suggestion: 'Ask for that right, or use a context whose user has it (--context NAME).' };
    case 429:
      return { suggestion: 'The API server is overloaded: run this again later.' };
    default:
      return {};
  }
}
