import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { frameSummary, SummaryReader } from '../../../src/load/k6/summary-frame.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const TEXT = JSON.stringify({ metrics: Array.from({ length: 700 }, (_, n) => `p(99)<100 ${n} ü`) });
const LINES = frameSummary(TEXT, sha256).trimEnd().split('\n');

function read(lines: readonly string[]) {
  const reader = new SummaryReader(sha256);
  for (const line of lines) reader.take(line);
  return reader.end();
}

it('a summary comes whole in several lines, none of which a node cuts', () => {
  expect(LINES).toHaveLength(4);
  for (const line of LINES) expect(Buffer.byteLength(line)).toBeLessThan(16 * 1024);
  expect(read(LINES)).toEqual({ text: TEXT, problem: null });
});

it('a summary that is short or empty is one line', () => {
  expect(read(frameSummary('{}', sha256).trimEnd().split('\n'))).toEqual({ text: '{}', problem: null });
  expect(read([frameSummary('', sha256).slice(0, -1)])).toEqual({ text: '', problem: null });
});

it('a piece that comes twice, or late, changes nothing', () => {
  expect(read([...LINES.toReversed(), ...LINES])).toEqual({ text: TEXT, problem: null });
});

it.each([
  ['is not there', [], 'k6 left no summary in its log'],
  ['lacks a piece', LINES.toSpliced(1, 1), "of k6's summary came 3 of 4 pieces"],
  ['lacks its last piece', LINES.slice(0, 3), "of k6's summary came 3 of 4 pieces"],
  ['was cut within its only piece', [`${LINES[0]?.slice(0, 30)}`], 'k6 left no summary in its log'],
  ['was cut in its last piece', LINES.with(3, `${LINES[3]}`.slice(0, -5)), 'its checksum is another'],
  ['was altered', LINES.with(2, `${LINES[2]}`.replace('<100', '<900')), 'its checksum is another'],
])('a summary that %s is known as such', (_what, lines, problem) => {
  expect(read(lines)).toEqual({ text: '', problem: expect.stringContaining(problem) });
});

it('other lines are left to others', () => {
  const reader = new SummaryReader(sha256);
  expect(reader.take('{"level":"info","msg":"mex-summary"}')).toBe(false);
  expect(reader.take(`${LINES[0]}`)).toBe(true);
});
