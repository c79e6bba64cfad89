import { describe, expect, it } from 'vitest';
import { EventCheck, type EventFindings, isRight } from '../../src/events/event-check.ts';
import { EVENT_ID_HEADER, type EventRecord, LOG_ID_HEADER } from '../../src/protocol/event-records.ts';

const LOG = 'aaaaaaaaaaaaaaaa';
const placed = (sequence: number, key = 'S'): EventRecord => ({
  topic: 'orders',
  key,
  sequence,
  index: 0,
  value: JSON.stringify({ type: 'ORDER_PLACED', orderId: `o-${sequence}` }),
  eventId: `a-${sequence}-0`,
  timeMs: 0,
});

interface Change {
  eventId?: string;
  value?: string;
  logId?: string;
  key?: string;
}

/** The events of five orders are expected; what the topic holds is said by their sequences. */
function check(topic: readonly (number | [number, Change])[], lastSequence = 5): EventFindings {
  const events = new EventCheck();
  for (const sequence of [1, 2, 3, 4, 5]) events.expect(placed(sequence));
  events.begin({ logId: LOG, shardId: 'a', afterSequence: 0, lastSequence: 5, resetSequence: 2 });
  topic.forEach((item, offset) => {
    const [sequence, change] = typeof item === 'number' ? [item, {}] : item;
    const { eventId, value, key } = { ...placed(sequence), ...change };
    const headers = { [EVENT_ID_HEADER]: Buffer.from(eventId), [LOG_ID_HEADER]: Buffer.from(change.logId ?? LOG) };
    events.take({ topic: 'orders', partition: 0, offset, key, value: Buffer.from(value), headers });
  });
  if (events.hasBeyond) events.endsAt(lastSequence);
  return events.end();
}

describe('a topic held against the log', () => {
  it('is right when it holds every event, in order', () => {
    const findings = check([1, 2, 3, 4, 5]);
    expect(findings).toMatchObject({ expected: 5, found: 5, repeated: 0, problems: [] });
    expect(findings.sinceReset).toEqual({ orders: 3, matches: 0 });
    expect(isRight(findings)).toBe(true);
  });

  it('is right with repeats, as at-least-once delivery makes them', () => {
    const findings = check([1, 2, 3, 2, 3, 4, 5]);
    expect([findings.repeated, isRight(findings)]).toEqual([2, true]);
  });

  it.each<[string, Parameters<typeof check>[0], Partial<EventFindings>]>([
    ['an event is missing', [1, 2, 4, 5], { missing: 1 }],
    ['the last event is missing', [1, 2, 3, 4], { missing: 1 }],
    ['two events changed places', [1, 3, 2, 4, 5], { disordered: 1 }],
    ['an event is there again under another id', [1, 2, [2, { eventId: 'a-2-7' }], 3, 4, 5], { foreign: 1 }],
    [
      'an event is there again under an id that the log has not come to',
      [1, 2, [2, { eventId: 'a-9-0' }], 3, 4, 5],
      { foreign: 1 },
    ],
    ['an event without an id is there', [1, 2, 3, 4, 5, [3, { eventId: '' }]], { foreign: 1 }],
    ['a repeat has other bytes', [1, 2, [2, { value: '{}' }], 3, 4, 5], { altered: 1 }],
    ['an event has the key of another symbol', [1, 2, [3, { key: 'T' }], 4, 5], { altered: 1 }],
  ])('is wrong when %s', (_name, topic, expected) => {
    const findings = check(topic);
    expect(findings).toMatchObject(expected);
    expect(isRight(findings)).toBe(false);
    expect(findings.problems).toHaveLength(1);
  });

  it('says nothing of records of other logs, and of events that came while it was read', () => {
    const findings = check([1, [1, { logId: 'b' }], 2, 3, 4, 5, [6, {}]], 6);
    expect([findings.ofOthers, isRight(findings)]).toEqual([1, true]);
  });
});
