import { describe, expect, it } from 'vitest';
import { steadyWindows } from '../../src/runner/windows.ts';

describe('the windows that are judged each on its own', () => {
  it('are 30 s long and begin after the first 30 s', () => {
    const windows = steadyWindows(300_000);
    expect(windows).toHaveLength(9);
    expect(windows[0]).toEqual({ fromMs: 30_000, toMs: 60_000 });
    expect(windows.at(-1)).toEqual({ fromMs: 270_000, toMs: 300_000 });
  });

  it('begin after a tenth of a shortened phase', () => {
    expect(steadyWindows(120_000)[0]).toEqual({ fromMs: 12_000, toMs: 42_000 });
  });

  it('are one where none fits', () => {
    expect(steadyWindows(15_000)).toEqual([{ fromMs: 1_500, toMs: 15_000 }]);
  });
});
