import { expect, test } from 'vitest';
import { countLogWith } from '../../src/targets/local/count-log.ts';
import { readyPortsIn } from '../../src/targets/local/start-process.ts';

const never = new AbortController().signal;
const program = (script: string): string[] => ['-e', script];
const printing = (value: unknown): string[] => program(`console.log(${JSON.stringify(JSON.stringify(value))})`);

test('what the program counted is taken, and nothing else of it', async () => {
  const counted = { orders: 12, matches: 3, lastSequence: 40 };
  expect(await countLogWith(printing({ ...counted, segments: 2 }), never)).toEqual(counted);
  expect(await countLogWith(printing({ ...counted, found: 2 }), never)).toEqual({ ...counted, found: 2 });
  expect(await countLogWith(printing({ ...counted, found: null }), never)).toEqual(counted);
});

test.each([
  ['says why', `console.log('{"error":{"message":"segment 3 is damaged"}}'); process.exit(65)`, /segment 3 is damaged/],
  ['only ends badly', `process.stderr.write('boom\\n'); process.exit(1)`, /could not be counted: boom/],
  ['counts nothing', `console.log('{"orders":1}')`, /printed no orders, matches and lastSequence/],
])('a program that %s gives no count', async (_, script, message) => {
  await expect(countLogWith(program(script), never)).rejects.toMatchObject({
    code: 'LOG_UNREADABLE',
    exit: 5,
    message: expect.stringMatching(message),
  });
});

test('counting can be called off', async () => {
  const abort = new AbortController();
  const counting = countLogWith(program('setInterval(() => {}, 1000)'), abort.signal);
  abort.abort(new Error('enough'));
  await expect(counting).rejects.toThrow('enough');
});

test.each([
  ['{"msg":"ready","httpPort":1,"metricsPort":2}\n', { httpPort: 1, metricsPort: 2 }],
  ['(node:1) Warning "ready"\n{"msg":"ready","httpPort":1}\n', { httpPort: 1, metricsPort: 1 }],
  ['{"msg":"ready","httpPort":1', undefined],
  ['{"msg":"not \\"ready\\"","httpPort":1}\n', undefined],
  ['{"msg":"ready","httpPort":"8080"}\n', undefined],
  ['', undefined],
])('the ready line in %j', (output, expected) => {
  expect(readyPortsIn(output)).toEqual(expected);
});
