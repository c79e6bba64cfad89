/** What metrics alone say of a stretch of time, as a page for a terminal. Pure. */
import type { ObservedJudgement } from '../verdict/judge-observed.ts';
import { ASR_TITLE } from './asr-title.ts';
import { instant } from './quantities.ts';
import { marked } from './run-facts.ts';
import { type Palette, PLAIN, painted } from './text-report.ts';
import { wrapped } from './text-table.ts';

const WIDTH = 100;

export interface ObservedPage extends ObservedJudgement {
  fromMs: number;
  toMs: number;
  /** `prometheus 3.16.0 at http://…` */
  metrics: string;
}

export function observedReport(page: ObservedPage, palette: Palette = PLAIN): string {
  const { asr, caseId, indicative, because, criteria, checks, metrics, fromMs, toMs } = page;
  const lines = [
    `${palette.strong(ASR_TITLE[asr])}: ${palette.warn(marked('NO VERDICT', indicative))}`,
    ...wrapped(because, WIDTH, '  '),
    '',
    palette.strong('Criteria'),
    ...criteria.flatMap(({ verdict, title, found, limit, because: why }) => [
      `  ${painted(verdict, `${marked(verdict, indicative)}  ${title}`, palette)}`,
      ...wrapped(`found ${found}; limit ${limit}`, WIDTH, '      '),
      ...(verdict === 'PASS' ? [] : wrapped(why, WIDTH, '      ').map((line) => palette.faint(line))),
    ]),
    '',
    palette.strong('Does the stretch count?'),
    ...checks.flatMap(({ rule, ok, found, expected }) => {
      const said = wrapped(`${rule}: ${found} (wanted ${expected})`, WIDTH, '  ');
      return ok ? said : said.map((line) => palette.bad(line));
    }),
    '',
    palette.strong('Conditions'),
    ...wrapped(`${metrics}, ${instant(fromMs)} to ${instant(toMs)}, taken for ${caseId.toUpperCase()}`, WIDTH, '  '),
  ];
  return `${lines.join('\n')}\n`;
}
