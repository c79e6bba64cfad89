import { describe, expect, it } from 'vitest';
import { superfluous } from '../../../src/engine/snapshot/retention.ts';

const ALL = Number.POSITIVE_INFINITY;

describe('what a folder no longer needs', () => {
  it.each([
    ['nothing, without a snapshot', [1, 101, 201], [], ALL, { segments: [], snapshots: [] }],
    ['nothing, with one snapshot: it may turn out damaged', [1, 101, 201], [200], ALL, { segments: [], snapshots: [] }],
    [
      'what the older of two snapshots covers',
      [1, 101, 201, 301],
      [300, 200],
      ALL,
      { segments: [0, 1], snapshots: [] },
    ],
    [
      'no segment that the older one covers in part',
      [1, 101, 201, 301],
      [300, 150],
      ALL,
      { segments: [0], snapshots: [] },
    ],
    [
      'no segment with an event that has not arrived',
      [1, 101, 201, 301],
      [300, 200, 100],
      199,
      { segments: [0], snapshots: [] },
    ],
    [
      'no snapshot that events which have not arrived are derived from',
      [1, 101, 201, 301, 401],
      [400, 300, 200, 100],
      250,
      { segments: [0, 1], snapshots: [100] },
    ],
    [
      'nothing while no snapshot is before what has not arrived',
      [1, 101, 201],
      [200, 100],
      50,
      { segments: [], snapshots: [] },
    ],
    ['no more snapshots than two', [1, 101, 201, 301], [300, 200, 100], ALL, { segments: [0, 1], snapshots: [100] }],
    ['never the last segment', [1], [500, 400], ALL, { segments: [], snapshots: [] }],
    ['a segment without commands, too', [1, 101, 101, 201], [200, 100], ALL, { segments: [0, 1], snapshots: [] }],
  ])('%s', (...row) => {
    const [, firstSequences, snapshots, confirmed, expected] = row;
    expect(superfluous(firstSequences, snapshots, { confirmedSequence: confirmed, retainedSegments: 0 })).toEqual(
      expected,
    );
  });

  it.each([
    [0, { segments: [0, 1, 2], snapshots: [200, 100] }],
    [1, { segments: [0, 1, 2], snapshots: [200, 100] }],
    [2, { segments: [0, 1], snapshots: [100] }],
    [3, { segments: [0], snapshots: [] }],
    [4, { segments: [], snapshots: [] }],
    [9, { segments: [], snapshots: [] }],
  ])('retains %i closed segments, and the snapshot that a replay of them begins with', (retainedSegments, expected) => {
    const firstSequences = [1, 101, 201, 301, 401];
    const snapshots = [400, 300, 200, 100];
    expect(superfluous(firstSequences, snapshots, { confirmedSequence: ALL, retainedSegments })).toEqual(expected);
  });

  it('retains no less for events that have not arrived', () => {
    const retention = { confirmedSequence: 150, retainedSegments: 1 };
    expect(superfluous([1, 101, 201, 301, 401], [400, 300, 200, 100], retention)).toEqual({
      segments: [0],
      snapshots: [],
    });
  });
});
