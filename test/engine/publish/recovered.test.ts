import { describe, expect, it } from 'vitest';
import { Recovered } from '../../../src/engine/publish/recovered.ts';

const at = (sequence: number) => ({ sequence, index: 0 });
const send = (recovered: Recovered, sequences: readonly number[], acknowledged: boolean): void => {
  for (const sequence of sequences) recovered.taken(at(sequence));
  if (acknowledged) for (const sequence of sequences) recovered.acknowledged(at(sequence));
};

describe('events that matching did not hand over in this lifetime', () => {
  it('are those from before the start', () => {
    const recovered = new Recovered(10);
    send(recovered, [9, 10, 11, 12], true);
    expect(recovered.count).toBe(2);
  });

  it('count once, however often their session ends before they arrive', () => {
    const recovered = new Recovered(10);
    send(recovered, [9, 10, 11], false);
    send(recovered, [9, 10, 11], false);
    send(recovered, [9, 10, 11], true);
    expect(recovered.count).toBe(2);
  });

  it('are also those that had arrived and were lost', () => {
    const recovered = new Recovered(0);
    send(recovered, [1, 2, 3, 4], true);
    send(recovered, [5, 6], false);
    send(recovered, [3, 4, 5, 6], true);
    expect(recovered.count).toBe(2);
  });
});
