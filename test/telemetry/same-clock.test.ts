import { expect, test } from 'vitest';
import { requireSameClock } from '../../src/telemetry/prometheus/same-clock.ts';

const url = 'http://prometheus';

/** @param theirsMs what Prometheus says, asked at 10 s and answered at `answeredMs` */
function ask(theirsMs: number, answeredMs: number): Promise<void> {
  const times = [10_000, answeredMs];
  return requireSameClock({ url, timeMs: async () => theirsMs }, () => times.shift() ?? Number.NaN);
}

test.each([
  ['within the round trip', 10_500, 12_000],
  ['one second behind', 9_000, 10_001],
  ['one second ahead', 11_001, 10_001],
])('a clock that is %s will do', async (_how, theirsMs, answeredMs) => {
  await expect(ask(theirsMs, answeredMs)).resolves.toBeUndefined();
});

test.each([
  ['behind', 8_999, 10_001, '1.0 s behind this'],
  ['ahead', 13_501, 10_001, '3.5 s ahead of this'],
  ['ahead, however long it took', 15_000, 13_000, '2.0 s ahead of this'],
  ['not a time', Number.NaN, 10_001, 'NaN s'],
])('a clock that is %s is refused by name', async (_how, theirsMs, answeredMs, how) => {
  await expect(ask(theirsMs, answeredMs)).rejects.toMatchObject({
    code: 'CLOCKS_DIFFER',
    exit: 5,
    message: expect.stringContaining(how),
  });
});
