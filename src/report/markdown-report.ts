/** `summary.md`: the same order as on the terminal, as tables that a pull request or a wiki shows. */
import { ASR_TITLE } from './asr-title.ts';
import { LATENCY_HEAD, latencyRows } from './latency-rows.ts';
import { LOAD_HEAD, loadRows } from './load-rows.ts';
import { LOSS_HEAD, lossesOf } from './loss-lines.ts';
import { marked, runFacts } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';

export function markdownReport(record: RunRecord): string {
  const { judgement, cases } = record;
  const mark = (verdict: string): string => `**${marked(verdict, judgement.indicative)}**`;
  const criteria = judgement.asrs.flatMap((asr) =>
    asr.criteria.map((one) => [mark(one.verdict), one.title, one.cases.join(', '), one.found, one.limit, one.because]),
  );
  const checks = judgement.cases.flatMap(({ caseId, repetition, checks: all }) =>
    all.map(({ rule, ok, found, expected, notApplicable }) => [
      repetition > 1 ? `${caseId} #${repetition}` : caseId,
      rule,
      notApplicable === undefined ? (ok ? 'holds' : '**missed**') : 'does not apply',
      notApplicable ?? found,
      expected,
    ]),
  );
  const caseRows = judgement.cases.map(({ caseId, repetition, verdict, because }) => [
    repetition > 1 ? `${caseId} #${repetition}` : caseId,
    mark(verdict),
    because,
  ]);
  const blocks = [
    '# Results',
    ...judgement.asrs.map(({ asr, verdict, because }) => `${ASR_TITLE[asr]}: ${mark(verdict)}  \n${escaped(because)}`),
    '## Criteria',
    table(['verdict', 'criterion', 'cases', 'found', 'limit', 'why'], criteria),
    '## Cases',
    table(['case', 'verdict', 'why'], caseRows),
    '## Does it count?',
    table(['case', 'rule', '', 'found', 'wanted'], checks),
    ...lossBlocks(record, mark),
    '## Latency by offered rate',
    table(LATENCY_HEAD, latencyRows(cases)),
    '## Load',
    table(LOAD_HEAD, loadRows(cases)),
    '## Conditions',
    runFacts(record)
      .map((fact) => `- ${escaped(fact)}`)
      .join('\n'),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function lossBlocks(record: RunRecord, mark: (verdict: string) => string): string[] {
  const losses = lossesOf(record);
  if (losses.length === 0) return [];
  const rows = losses.map(({ row, means, result }) => [mark(result.verdict), ...row, means, result.because]);
  return ['## Loss of a shard', table(['verdict', ...LOSS_HEAD, 'how', 'why'], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text from elsewhere must break neither the table nor the page. */
function escaped(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(/[|<]/g, (char) => (char === '|' ? '\\|' : '&lt;'));
}
