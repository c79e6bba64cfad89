import type { BookView, OrderView, Outcome } from '../protocol/replies.ts';
import type { RecordBuffer } from './record.ts';

/** How clients are told, each exactly once: of the record at `offset` of `records` … */
export interface Answers<Client> {
  /** … what it did: `row` of the state's effects. */
  command(client: Client, records: RecordBuffer, offset: number, row: number): void;
  /** … what it asked; `null`: there is no such order. */
  view(client: Client, records: RecordBuffer, offset: number, view: BookView | OrderView | null): void;
  /** … that it was taken, before anything is known of the order (`ACK_MODE=received`). */
  unseen(client: Client, records: RecordBuffer, offset: number, timestampMs: number): void;
  /** … that nothing was done, or that nobody knows. */
  unavailable(client: Client, records: RecordBuffer, offset: number, why: { reason: string; outcome: Outcome }): void;
}
