import { describe, expect, test } from 'vitest';
import { parseRunRecord, runRecordJsonSchema } from '../../src/report/run-record.ts';
import { judge } from '../../src/verdict/judge.ts';
import { mixedRecord } from './record-builder.ts';

const record = mixedRecord();
const text = JSON.stringify(record);

test('what was written is read again, and judged the same', () => {
  const parsed = parseRunRecord(text);
  expect(parsed).toEqual({ ok: true, record });
  if (!parsed.ok) return;
  const { cases, notRun, config } = parsed.record;
  expect(judge({ cases, notRun, timeScale: config.timeScale, asked: config.cases })).toEqual(record.judgement);
});

describe('what is no record is refused, with the reason', () => {
  test.each([
    ['no JSON', '{', 'not json', /^not JSON: /],
    ['a newer version', '{"schemaVersion":2}', 'newer version', /^schema version 2; this mex reads up to 1$/],
    ['something else', '{"a":1}', 'not a run record', /^schemaVersion: .*; and \d+ more$/],
    ['null', 'null', 'not a run record', /^record: /],
    ['a field of another type', text.replace('"runId":"20260101-000000"', '"runId":7'), 'not a run record', /^runId: /],
    ['an unknown case', text.replace('"caseId":"a1"', '"caseId":"z9"'), 'not a run record', /^cases\.0\.caseId: /],
  ])('%s', (_, source, problem, message) => {
    expect(parseRunRecord(source)).toEqual({ ok: false, problem, message: expect.stringMatching(message) });
  });
});

test('the schema for others names the required parts', () => {
  expect(runRecordJsonSchema()).toMatchObject({
    type: 'object',
    required: expect.arrayContaining(['schemaVersion', 'cases', 'judgement']),
    properties: { schemaVersion: { const: 1 } },
  });
  expect(JSON.parse(JSON.stringify(runRecordJsonSchema())).required).not.toContain('interrupted');
});
