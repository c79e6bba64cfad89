/** `junit.xml`: a test case for each criterion and for the validity of each case, so that a CI server shows them. */
import { ASR_TITLE } from './asr-title.ts';
import { lossesOf } from './loss-lines.ts';
import { marked } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';

interface TestCase {
  suite: string;
  name: string;
  verdict: string;
  message: string;
  detail: string;
}

export function junitReport(record: RunRecord): string {
  const tests = [...criterionTests(record), ...validityTests(record), ...lossTests(record)];
  const suites = [...new Set(tests.map(({ suite }) => suite))].map((suite) =>
    suiteXml(
      suite,
      tests.filter((one) => one.suite === suite),
    ),
  );
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="mex"${totals(tests)}>`, ...suites];
  return `${lines.join('\n')}\n</testsuites>\n`;
}

function criterionTests({ judgement }: RunRecord): TestCase[] {
  return judgement.asrs.flatMap(({ asr, criteria }) =>
    criteria.map(({ title, cases, verdict, because, found, limit }) => ({
      suite: ASR_TITLE[asr],
      name: `${title} (${cases.join(', ')})`,
      verdict,
      message: `${marked(verdict, judgement.indicative)}: ${because}`,
      detail: `found ${found}; limit ${limit}`,
    })),
  );
}

function validityTests({ judgement }: RunRecord): TestCase[] {
  return judgement.cases.map(({ caseId, repetition, verdict, because, checks, durability }) => {
    const misses = checks.filter(({ ok }) => !ok).map(({ rule, found }) => `${rule}: ${found}`);
    const isInvalid = verdict === 'INVALID' || (durability !== undefined && misses.length > 0);
    const counts = isInvalid ? 'INVALID' : checks.length === 0 ? verdict : 'PASS';
    return {
      suite: 'validity',
      name: repetition > 1 ? `${caseId} #${repetition} counts` : `${caseId} counts`,
      verdict: counts,
      message: `${marked(counts, judgement.indicative)}: ${counts === 'PASS' ? 'the evidence is valid' : because}`,
      detail: misses.join('; ') || `${checks.length} rules checked`,
    };
  });
}

function lossTests(record: RunRecord): TestCase[] {
  return lossesOf(record).map(({ name, result: { verdict, because }, means }) => ({
    suite: 'durability',
    name: `${name} loses no acknowledged order with a shard`,
    verdict,
    message: `${marked(verdict, record.judgement.indicative)}: ${because}`,
    detail: means,
  }));
}

function suiteXml(name: string, tests: readonly TestCase[]): string {
  const cases = tests.map((one) => testXml(name, one));
  return [`  <testsuite name="${xml(name)}"${totals(tests)}>`, ...cases, '  </testsuite>'].join('\n');
}

/** WARN is a pass that says more. What has no verdict is an error, what was not run is skipped: neither is a pass. */
function testXml(suite: string, { name, verdict, message, detail }: TestCase): string {
  const kind = kindOf(verdict);
  const body =
    kind === undefined
      ? `<system-out>${xml(`${message}; ${detail}`)}</system-out>`
      : `<${kind} message="${xml(message)}">${xml(detail)}</${kind}>`;
  return `    <testcase classname="${xml(suite)}" name="${xml(name)}">${body}</testcase>`;
}

function kindOf(verdict: string): 'failure' | 'error' | 'skipped' | undefined {
  if (verdict === 'FAIL') return 'failure';
  if (verdict === 'INVALID' || verdict === 'INCONCLUSIVE') return 'error';
  return verdict === 'NOT RUN' ? 'skipped' : undefined;
}

function totals(tests: readonly TestCase[]): string {
  const of = (kind: string): number => tests.filter(({ verdict }) => kindOf(verdict) === kind).length;
  return ` tests="${tests.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no place for most control characters and for half a surrogate pair, not even escaped. */
export function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char)
    .replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}
