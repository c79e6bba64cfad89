/** Did the order count? Only an answer that says so plainly is `accepted` or `refused`. Pure. */
import type { OrderAccepted, Rejected } from '../protocol/replies.ts';

/** `key` is the HTTP status, or the error code where no answer came. */
export interface Fate {
  kind: 'accepted' | 'refused' | 'unknown';
  key: string;
}

export function classifyAnswer(status: number, bodyText: string): Fate {
  const key = String(status);
  const body = parsed(bodyText);
  if (status === 200) return { kind: body.status === 'ACCEPTED' ? 'accepted' : 'unknown', key };
  if (body.outcome === 'unknown') return { kind: 'unknown', key };
  const definite = (status >= 400 && status < 500) || (status >= 500 && body.outcome === 'not_accepted');
  return { kind: definite ? 'refused' : 'unknown', key };
}

/** No whole answer: a reset, a refused connection, the deadline. Whether the order was taken stays open. */
export function classifyFailure(thrown: unknown): Fate {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const name = thrown instanceof Error ? thrown.name : 'ERROR';
  return { kind: 'unknown', key: typeof code === 'string' ? code : name };
}

function parsed(text: string): {
  status?: OrderAccepted['status'] | Rejected['status'];
  outcome?: Rejected['outcome'];
} {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}
