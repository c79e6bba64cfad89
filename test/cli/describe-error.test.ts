import { Errors } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../src/cli/describe-error.ts';
import { parseTimeScale, selectCases } from '../../src/cli/experiment-command.ts';
import { MexError } from '../../src/errors/mex-error.ts';

describe('what was thrown', () => {
  it('is told in one line: what happened, what to do', () => {
    const error = new MexError('Nothing is deployed', { code: 'X', exit: 5, suggestion: 'Run: mex deploy single' });
    expect(describeError(error)).toMatchObject({
      exit: 5,
      lines: ['mex: Nothing is deployed. Run: mex deploy single'],
      json: { error: { code: 'X', message: 'Nothing is deployed', suggestion: 'Run: mex deploy single', exit: 5 } },
    });
  });

  it('is wrong use where oclif says so', () => {
    const error = new Errors.CLIError('Nonexistent flag: --wat\nSee more help with --help', { exit: 2 });
    expect(describeError(error)).toMatchObject({ exit: 2, lines: ['mex: Nonexistent flag: --wat. See --help.'] });
  });

  it('is a bug where nobody foresaw it', () => {
    expect(describeError(new TypeError('x is not\na function'))).toMatchObject({
      exit: 1,
      json: { error: { code: 'BUG' } },
    });
  });
});

describe('a time scale', () => {
  it.each([
    ['1', 1],
    ['0.05', 0.05],
    ['.5', 0.5],
  ])('of %s is %d', (text, value) => expect(parseTimeScale(text)).toBe(value));

  it.each(['0', '-1', '1.01', '1e-1', 'NaN', '', 'x', '0x1', ' 1'])('of "%s" is refused', (text) => {
    expect(() => parseTimeScale(text)).toThrow(/expected a number above 0 and up to 1/);
  });
});

describe('the cases of an ASR', () => {
  it('leave out those that run only when named', () => {
    expect(selectCases('asr2').map(({ id }) => id)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5']);
    expect(selectCases('asr2', 'B6').map(({ id }) => id)).toEqual(['b6']);
  });

  it('do not include those of the other', () => {
    expect(() => selectCases('asr1', 'b2')).toThrow('Unknown case "b2" of asr1');
  });
});
