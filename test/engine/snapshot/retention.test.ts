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
    expect(superfluous(firstSequences, snapshots, confirmed)).toEqual(expected);
  });
});
