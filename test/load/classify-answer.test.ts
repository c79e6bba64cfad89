import { expect, it } from 'vitest';
import { classifyAnswer, classifyFailure } from '../../src/load/classify-answer.ts';

it.each([
  [200, '{"status":"ACCEPTED"}', 'accepted'],
  [200, '{"status":"REJECTED"}', 'unknown'],
  [200, 'not JSON', 'unknown'],
  [200, 'null', 'unknown'],
  [201, '{"status":"ACCEPTED"}', 'unknown'],
  [302, '', 'unknown'],
  [400, '{"status":"REJECTED","outcome":"not_accepted"}', 'refused'],
  [404, '<html>', 'refused'],
  [409, '{"status":"REJECTED","outcome":"unknown"}', 'unknown'],
  [500, '{}', 'unknown'],
  [502, '{"outcome":"not_accepted"}', 'refused'],
  [503, '{"outcome":"not_accepted"}', 'refused'],
  [503, '{"outcome":"unknown"}', 'unknown'],
  [504, '{"outcome":"unknown"}', 'unknown'],
])('counts %i %s as %s', (status, body, kind) => {
  expect(classifyAnswer(status, body)).toEqual({ kind, key: String(status) });
});

it('names a failure by its code, and leaves open what became of the order', () => {
  expect(classifyFailure(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toEqual({
    kind: 'unknown',
    key: 'ECONNRESET',
  });
  expect(classifyFailure(new TypeError('terminated'))).toEqual({ kind: 'unknown', key: 'TypeError' });
});
