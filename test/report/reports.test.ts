/** Reports are compared whole. To accept a change: `npx vitest run --project unit test/report -u`, and read the diff. */
import { describe, expect, test } from 'vitest';
import { hgrm } from '../../src/report/hgrm.ts';
import { jsonReport } from '../../src/report/json-report.ts';
import { junitReport, xml } from '../../src/report/junit-report.ts';
import { markdownReport } from '../../src/report/markdown-report.ts';
import { parseRunRecord, type RunRecord } from '../../src/report/run-record.ts';
import { textReport } from '../../src/report/text-report.ts';
import { buckets, evidenceOf, withPhase, withShard } from '../verdict/evidence-builder.ts';
import { mixedRecord, recordOf, shortenedRecord } from './record-builder.ts';

const mixed = mixedRecord();
const shortened = shortenedRecord();
const latencies = buckets([900, 1_000, 50], [1_000, 1_100, 0], [1_900, 2_000, 49], [3_000, null, 1]);

describe('golden files', () => {
  test.each([
    ['mixed.txt', textReport(mixed)],
    ['mixed.md', markdownReport(mixed)],
    ['mixed.xml', junitReport(mixed)],
    ['mixed.json', `${JSON.stringify(jsonReport(mixed), null, 2)}\n`],
    ['shortened.txt', textReport(shortened)],
    ['shortened.md', markdownReport(shortened)],
    ['shortened.xml', junitReport(shortened)],
    ['latency.hgrm', hgrm(latencies)],
  ])('%s', async (name, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${name}`);
  });
});

describe('a shortened run', () => {
  test.each([
    ['text', textReport(shortened)],
    ['markdown', markdownReport(shortened)],
    ['junit', junitReport(shortened)],
  ])('%s says INDICATIVE before each verdict', (_, text) => {
    const verdicts = text.match(
      /(INDICATIVE )?\b(CONDITIONAL PASS|PASS|WARN|FAIL|INCONCLUSIVE|INVALID|NOT RUN|NO VERDICT)\b/g,
    );
    expect(verdicts?.length).toBeGreaterThan(5);
    expect(verdicts?.filter((found) => !found.startsWith('INDICATIVE '))).toEqual([]);
  });

  test('json carries the mark at each verdict', () => {
    expect(jsonReport(shortened)).toMatchObject({
      indicative: true,
      asrs: [{ indicative: true, said: 'INDICATIVE NO VERDICT' }],
    });
  });
});

test('the page for a terminal keeps to 100 columns', () => {
  for (const line of textReport(mixed).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

test('a case that was broken off says why', () => {
  const cases = [{ ...evidenceOf('a2'), phases: [], brokenOff: 'shard a died' }];
  expect(textReport(recordOf(cases, ['a2']))).toContain('      broken off: shard a died\n');
});

test('fewer cores than processes is said', () => {
  const evidence = withPhase(evidenceOf('a2'), () => ({
    machine: { cores: 2, stealShare: 0, foreignShare: 0, processes: { a: 1, b: 1, c: 1 } },
  }));
  expect(textReport(recordOf([evidence], ['a2']))).toContain('fewer cores than busy processes: 2 cores for 3');
  expect(textReport(recordOf([evidenceOf('a2')], ['a2']))).not.toContain('fewer cores');
});

test('colours change nothing but colours', () => {
  const tag = (name: string) => (text: string) => `{${name}}${text}{/}`;
  const palette = { good: tag('g'), warn: tag('w'), bad: tag('b'), faint: tag('f'), strong: tag('s') };
  expect(textReport(mixed, palette).replace(/\{\/?\w?\}/g, '')).toBe(textReport(mixed));
});

test('a run without any case still makes every report', () => {
  const empty = recordOf([], []);
  expect(textReport(empty)).toContain('Conditions');
  expect(junitReport(empty)).toContain('tests="0"');
  expect(markdownReport(empty)).toContain('# Results');
  expect(jsonReport(empty)).toMatchObject({ asrs: [], figures: [] });
  expect(hgrm(buckets())).toContain('Total count    =            0');
});

test('XML has no character that XML forbids', () => {
  expect(xml('a<b>&"\'\u0000\u001b[31m\ud800\n😀')).toBe('a&lt;b&gt;&amp;&quot;&apos;\ufffd\ufffd[31m\ufffd&#10;😀');
});

const joined = (text: string): string => text.replace(/\s+/g, ' ');

describe('what the driver could not know, or complained of', () => {
  const record = recordOf([evidenceOf('a3')], ['a3']);
  const [phase] = record.cases[0]?.phases ?? [];
  if (phase !== undefined) phase.load.notes = ['k6 dropped 2 orders', 'k6 said 3 times: | trouble'];

  test.each([
    ['text', textReport, 'trouble'],
    ['markdown', markdownReport, '\\| trouble'],
  ])('stands among the conditions of the %s, with its phase', (_, report, trouble) => {
    const [, conditions = ''] = report(record).split('Conditions');
    expect(joined(conditions)).toContain(`a3 ${phase?.phase}: k6 dropped 2 orders`);
    expect(joined(conditions)).toContain(trouble);
  });

  test('k6 says what it measures from, the generator of mex need not', () => {
    expect(textReport(record)).not.toContain('k6 measures from when it sends');
    const byK6 = { ...record, config: { ...record.config, driver: 'k6' } };
    expect(textReport(byK6)).toContain('k6 measures from when it sends');
  });

  test('is kept in run.json', () => {
    expect(phase?.load.notes).toHaveLength(2);
    expect(parseRunRecord(JSON.stringify(record))).toEqual({ ok: true, record });
  });
});

describe('a shard that was lost on purpose', () => {
  const loss = { shard: 'a', means: 'pod x deleted', fromMs: 150_000, readyMs: 158_900 } as const;
  const lostOf = (logged: number) =>
    recordOf(
      [withPhase(withShard(evidenceOf('a2'), { logged: { orders: logged, matches: 1 } }), () => ({ loss }))],
      ['a2'],
    );
  const page = (record: RunRecord) => textReport(record).replace(/\s+/g, ' ');

  test.each([
    [100, 'INVALID', 'PASS; no acknowledged order is lost: 100 orders acknowledged, 100 in the log'],
    [99, 'FAIL', 'FAIL; ACKNOWLEDGED ORDERS ARE LOST, 1 of them: 100 orders acknowledged, 99 in the log'],
  ])('is shown with what was lost in every report (%s in the log)', (logged, verdict, words) => {
    const record = lostOf(logged);
    expect(page(record)).toContain(`Loss of a shard a2: ${words} pod x deleted; acknowledged 100,`);
    expect(page(record)).toContain('ready again after 8.9 s');
    expect(page(record)).toContain(`a2: ${verdict}`);
    expect(markdownReport(record)).toContain('## Loss of a shard');
    expect(markdownReport(record)).toContain(words.replace(/^\w+; /, ''));
    expect(JSON.stringify(jsonReport(record))).toContain(words.replace(/^\w+; /, ''));
    expect(junitReport(record)).toMatch(
      logged === 100
        ? /name="a2 loses no acknowledged order with a shard"><system-out>/
        : /<failure message="FAIL: ACKN/,
    );
    expect(parseRunRecord(JSON.stringify(record))).toEqual({ ok: true, record });
  });

  test('is spoken of nowhere else', () => {
    expect(textReport(mixed)).not.toContain('Loss of');
    expect(markdownReport(mixed)).not.toContain('Loss of');
  });
});

describe('a run in a cluster', () => {
  const run = (kind: 'k3d' | 'context'): RunRecord => {
    const made = recordOf([evidenceOf('a2')], ['a2']);
    const node = { name: 'agent-0', cpu: '2', memory: '24Gi', kubelet: 'v1.33.13', forLoad: true };
    const cluster = { kind, context: 'k3d-mex', nodes: [node], broker: 'kafka', observability: 'plain' };
    const conditions = { ...cluster, place: 'k3d', image: 'mex:1' };
    return {
      ...made,
      config: { ...made.config, target: 'k8s', load: { from: 'cluster', jobs: 3 }, cluster: conditions },
    };
  };

  test('says what it ran on, and what is not known of that', () => {
    const own = joined(textReport(run('k3d')));
    expect(own).toContain('cluster k3d-mex, k3d, broker kafka, observability plain, image mex:1, load from 3 Jobs in');
    expect(own).toContain('nodes: agent-0 (2 CPU, 24Gi, v1.33.13, for the load)');
    expect(own).toContain('its nodes are containers of this machine');
    expect(joined(textReport(run('context')))).toContain('how busy its nodes were is not known');
  });

  test('is kept in run.json, also that it is not known whose CPU time it was', () => {
    const record = run('k3d');
    const [phase] = record.cases[0]?.phases ?? [];
    if (phase) phase.machine = { cores: 2, stealShare: 0.031, foreignShare: null, processes: {} };
    expect(parseRunRecord(JSON.stringify(record))).toEqual({ ok: true, record });
    expect(textReport(record)).toMatch(/^ *a2 .* steal 3\.1 %$/m);
  });
});
