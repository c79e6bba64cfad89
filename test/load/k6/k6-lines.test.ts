import { expect, it } from 'vitest';
import { K6Lines, type Said } from '../../../src/load/k6/k6-lines.ts';

function readerOf() {
  const orders: string[] = [];
  const said: Said[] = [];
  return { orders, said, lines: new K6Lines({ order: (text) => orders.push(text), said: (one) => said.push(one) }) };
}
const console = (msg: string, level = 'info') => JSON.stringify({ level, msg, source: 'console' });

it('takes a line in pieces', () => {
  const { orders, lines } = readerOf();
  const whole = `${console('["orders",0]')}\n${console('["orders",1]')}\n`;
  lines.take(whole.slice(0, 20));
  lines.take(whole.slice(20, 60));
  lines.take(whole.slice(60));
  expect(orders).toEqual(['["orders",0]', '["orders",1]']);
});

it.each([
  ['what k6 says of itself', '{"level":"warning","msg":"[slow]"}', 'warning', '[slow]'],
  ['what the script says beside', console('hello'), 'info', 'hello'],
  ['an error of the script', console('["orders",0]', 'error'), 'error', '["orders",0]'],
  ['its cause', '{"level":"error","msg":"failed","error":"refused","output":"x"}', 'error', 'failed: refused'],
  ['no JSON at all', 'panic: oh', 'error', 'panic: oh'],
  ['JSON of somebody else', '17', 'error', '17'],
])('is no order: %s', (_what, line, level, text) => {
  const { orders, said, lines } = readerOf();
  lines.take(`${line}\n\n`);
  expect(orders).toEqual([]);
  expect(said).toMatchObject([{ level, text, line }]);
});

it('gives the last line though it has no end', () => {
  const { said, lines } = readerOf();
  lines.take('panic: oh');
  expect(said).toEqual([]);
  lines.end();
  expect(said).toMatchObject([{ text: 'panic: oh' }]);
});

it('does not gather a line without end', () => {
  const { said, lines } = readerOf();
  for (let piece = 0; piece < 30; piece++) lines.take('x'.repeat(100_000));
  expect(said.length).toBeGreaterThan(1);
});
