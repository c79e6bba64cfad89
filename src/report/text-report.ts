/**
 * The page for a terminal: verdicts first, then why, then the figures, then the conditions. At most 100 columns, but
 * for words that cannot be broken. Colours come in as functions, so that the page is the same without them.
 */
import type { CaseResult, CriterionResult } from '../verdict/verdict.ts';
import { ASR_TITLE } from './asr-title.ts';
import { LATENCY_HEAD, latencyRows } from './latency-rows.ts';
import { LOAD_HEAD, loadRows } from './load-rows.ts';
import { LOSS_HEAD, lossesOf } from './loss-lines.ts';
import { marked, runFacts } from './run-facts.ts';
import type { RunRecord } from './run-record.ts';
import { textTable, wrapped } from './text-table.ts';

export interface Palette {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

const same = (text: string): string => text;
export const PLAIN: Palette = { good: same, warn: same, bad: same, faint: same, strong: same };

const WIDTH = 100;

export function textReport(record: RunRecord, palette: Palette = PLAIN): string {
  const { judgement, cases } = record;
  const lines = [
    ...verdictLines(record, palette),
    '',
    palette.strong('Criteria'),
    ...judgement.asrs.flatMap(({ criteria }) => criteria.flatMap((one) => criterionLines(one, record, palette))),
    '',
    palette.strong('Does it count?'),
    ...judgement.cases.flatMap((one) => caseLines(one, record, palette)),
    '',
    ...lossLines(record, palette),
    palette.strong('Latency by offered rate'),
    ...textTable([LATENCY_HEAD, ...latencyRows(cases)], { rightFrom: 3 }),
    '',
    palette.strong('Load'),
    ...textTable([LOAD_HEAD, ...loadRows(cases)], { rightFrom: 1 }),
    '',
    palette.strong('Conditions'),
    ...runFacts(record).flatMap((fact) => wrapped(fact, WIDTH, '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

function verdictLines({ judgement }: RunRecord, palette: Palette): string[] {
  return judgement.asrs.flatMap(({ asr, verdict, because }) => [
    `${palette.strong(ASR_TITLE[asr])}: ${painted(verdict, marked(verdict, judgement.indicative), palette)}`,
    ...wrapped(because, WIDTH, '  '),
  ]);
}

function criterionLines(result: CriterionResult, { judgement }: RunRecord, palette: Palette): string[] {
  const { verdict, title, cases, found, limit, because } = result;
  const head = `${marked(verdict, judgement.indicative)}  ${title} (${cases.join(', ')})`;
  const measured = wrapped(`found ${found}; limit ${limit}`, WIDTH, '      ');
  const why = verdict === 'PASS' ? [] : wrapped(because, WIDTH, '      ');
  return [`  ${painted(verdict, head, palette)}`, ...measured, ...why.map((line) => palette.faint(line))];
}

function caseLines(
  { caseId, repetition, checks, verdict, because }: CaseResult,
  record: RunRecord,
  palette: Palette,
): string[] {
  const name = repetition > 1 ? `${caseId} #${repetition}` : caseId;
  const missed = checks.filter(({ ok }) => !ok);
  const head = `${name}: ${marked(verdict, record.judgement.indicative)}`;
  if (missed.length === 0) {
    const valid = checks.length === 0 ? because : `all ${checks.length} validity rules hold`;
    return wrapped(`${head}; ${valid}`, WIDTH, '  ');
  }
  const misses = missed.flatMap(({ rule, found, expected }) =>
    wrapped(`${rule}: ${found} (wanted ${expected})`, WIDTH, '      '),
  );
  const broken = because.startsWith('broken off') ? wrapped(because, WIDTH, '      ') : [];
  return [`  ${head}`, ...[...broken, ...misses].map((line) => palette.bad(line))];
}

/** Above the figures, since it weighs more than any of them. */
function lossLines(record: RunRecord, palette: Palette): string[] {
  const losses = lossesOf(record);
  if (losses.length === 0) return [];
  const lines = losses.flatMap(({ name, result: { verdict, because }, means, row }) => {
    const figures = LOSS_HEAD.slice(1).map((head, index) => `${head} ${row[index + 1]}`);
    return [
      ...wrapped(`${name}: ${verdict}; ${because}`, WIDTH, '  ').map((line) => painted(verdict, line, palette)),
      ...wrapped(`${means}; ${figures.join(', ')}`, WIDTH, '      '),
    ];
  });
  return [palette.strong('Loss of a shard'), ...lines, ''];
}

export function painted(verdict: string, text: string, palette: Palette): string {
  if (verdict === 'PASS') return palette.good(text);
  return verdict === 'FAIL' || verdict === 'INVALID' ? palette.bad(text) : palette.warn(text);
}
