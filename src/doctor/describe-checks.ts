/** Checks as aligned lines for a person. Pure: colours come in as an argument. */
import { type Check, isMissing } from './check.ts';

export interface Colours {
  good(text: string): string;
  bad(text: string): string;
  quiet(text: string): string;
}

const NAME_WIDTH = 17;
const FOUND_WIDTH = 24;

/** One line a check: ✓ there, ✗ needed and missing, · missing and not needed. */
export function describeChecks(checks: readonly Check[], colours: Colours): string[] {
  return checks.map((check) => {
    const { name, found, wanted, hint } = check;
    const line = `${name.padEnd(NAME_WIDTH)} ${found.padEnd(FOUND_WIDTH)} wanted ${wanted}${testedWith(check)}`;
    return `${markOf(check, colours)} ${line}${hint === null ? '' : colours.quiet(`: ${hint}`)}`;
  });
}

function testedWith({ tested, newerThanTested }: Check): string {
  if (tested.length === 0) return '';
  return `, tested with ${tested.join(' and ')}${newerThanTested ? '; this is newer, and nobody has tried it' : ''}`;
}

/** What remains to be done by hand, empty where nothing is. */
export function describeRepairs(checks: readonly Check[]): string[] {
  const missing = checks.filter(isMissing);
  if (missing.length === 0) return [];
  return ['To do by hand:', ...missing.map(({ name, hint }) => `  ${hint ?? ''}  # ${name}`)];
}

function markOf(check: Check, colours: Colours): string {
  if (check.ok) return colours.good('✓');
  return isMissing(check) ? colours.bad('✗') : colours.quiet('·');
}
