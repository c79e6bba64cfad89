import { describe, expect, it } from 'vitest';
import { compareVersions, isAtLeast, isNewerThan } from '../../src/exec/version.ts';

describe('comparing versions', () => {
  it.each([
    ['20.10', '20.10', 0],
    ['20.10.0', '20.10', 0],
    ['20.9', '20.10', -1],
    ['v1.28.3', '1.28', 1],
    ['1.9.9', '1.28', -1],
    ['3', '3.14.0-rc.1', -1],
    ['4.0.1', '3', 1],
    ['22.19.0', '22.19', 0],
  ])('%s against %s is %i', (left, right, sign) => {
    expect(Math.sign(compareVersions(left, right))).toBe(sign);
    expect(Math.sign(compareVersions(right, left))).toBe(0 - sign);
    expect(isAtLeast(left, right)).toBe(sign >= 0);
  });
});

describe('newer than a kind of versions', () => {
  it.each([
    ['2.2.0', '2.2.0', false],
    ['2.2.1', '2.2.0', true],
    ['2.1.9', '2.2.0', false],
    ['4.3.9', '4.3', false],
    ['4.4', '4.3', true],
    ['24.99.1', '24', false],
    ['25.0.0', '24', true],
    ['v3', '2.42.0', true],
    ['2', '2.42.0', false],
  ])('%s against %s: %s', (version, kind, isNewer) => expect(isNewerThan(version, kind)).toBe(isNewer));
});
