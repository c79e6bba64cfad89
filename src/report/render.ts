/** One run record in the format that was asked for. */
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import { markdownReport } from './markdown-report.ts';
import type { RunRecord } from './run-record.ts';
import { type Palette, textReport } from './text-report.ts';

export const FORMATS = {
  table: textReport,
  json: (record: RunRecord) => JSON.stringify(jsonReport(record), null, 2),
  md: markdownReport,
  junit: junitReport,
} as const satisfies Record<string, (record: RunRecord, palette: Palette) => string>;

export type Format = keyof typeof FORMATS;

export function render(record: RunRecord, format: Format, palette: Palette): string {
  return FORMATS[format](record, palette).trimEnd();
}
