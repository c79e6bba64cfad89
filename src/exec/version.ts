/** Versions as tools print them: `20.10`, `v1.28.3`, `3.14.0-rc.1`. Pure. */

/** Negative when the left one is older. Missing parts are 0; what follows the numbers does not count. */
export function compareVersions(left: string, right: string): number {
  const [leftParts, rightParts] = [partsOf(left), partsOf(right)];
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index++) {
    const difference = (leftParts[index] ?? 0) - (rightParts[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isAtLeast(version: string, minimum: string): boolean {
  return compareVersions(version, minimum) >= 0;
}

/** Is it newer than every version of a kind? Newer than `4.3` is 4.4, and not 4.3.9. */
export function isNewerThan(version: string, kind: string): boolean {
  const parts = partsOf(kind).length;
  return compareVersions(partsOf(version).slice(0, parts).join('.'), kind) > 0;
}

function partsOf(version: string): number[] {
  const [numbers = ''] = /\d+(\.\d+)*/.exec(version) ?? [];
  return numbers === '' ? [] : numbers.split('.').map(Number);
}
