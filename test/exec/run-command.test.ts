import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findTool } from '../../src/exec/find-tool.ts';
import { pipeCommands, runCommand, tryCommand } from '../../src/exec/run-command.ts';
import { until } from '../integration/gateway-process.ts';
import { skipped } from '../skipped.ts';

const node = process.execPath;
const LIMIT = { timeoutMs: 20_000 };

describe('running a program', () => {
  it('gives back what it printed, and passes arguments as they are', async () => {
    const program = 'console.log(JSON.stringify(process.argv.slice(1))); console.error("e")';
    const args = ['a b', '$HOME', "'; exit 1 #"];
    const { stdout, stderr } = await runCommand(node, ['-e', program, '--', ...args], LIMIT);
    expect(JSON.parse(stdout)).toEqual(args);
    expect(stderr).toBe('e');
  });

  it('tells a failure with a line to paste and the last lines of output', async () => {
    const program = 'for (let n = 0; n < 9; n++) console.error("line " + n); process.exitCode = 3';
    const failed = runCommand(node, ['-e', program], LIMIT);
    await expect(failed).rejects.toMatchObject({ code: 'COMMAND_FAILED', exit: 5 });
    const lines = ((await failed.catch((error) => error)) as Error).message.split('\n');
    expect(lines[0]).toBe(`${node} -e '${program}': exit code 3`);
    expect(lines.slice(1)).toEqual(['  line 4', '  line 5', '  line 6', '  line 7', '  line 8']);
  });

  it('tells a program that is not there apart from a folder that is not there', async () => {
    expect(await tryCommand('mex-no-such-tool', ['x'], LIMIT)).toEqual({
      kind: 'not found',
      commandLine: 'mex-no-such-tool x',
    });
    await expect(runCommand('mex-no-such-tool', [], LIMIT)).rejects.toMatchObject({ code: 'TOOL_MISSING', exit: 5 });
    expect(await tryCommand(node, ['-v'], { ...LIMIT, cwd: '/no/such/folder' })).toMatchObject({ kind: 'failed' });
  });

  it('ends a program at its limit', async () => {
    const result = await tryCommand(node, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 });
    expect(result).toMatchObject({ kind: 'failed', detail: 'not done after 200 ms' });
  });

  it('tells the pid of what it has started, and ends it where that cannot be kept', async () => {
    const wait = ['-e', 'setInterval(() => {}, 1000)'];
    let told = 0;
    const onStarted = async (pid: number): Promise<void> => {
      told = pid;
      throw new Error('no room for the record');
    };
    await expect(tryCommand(node, wait, { ...LIMIT, onStarted })).rejects.toThrow('no room for the record');
    await until(() => !isRunning(told));
  });

  it.skipIf(skipped(process.platform === 'win32', 'ending descendants', 'Windows has no process groups'))(
    'ends what the program started, too, when the signal aborts',
    async () => {
      const pidFile = join(mkdtempSync(join(tmpdir(), 'mex-exec-')), 'pid');
      const controller = new AbortController();
      const running = runCommand('sh', ['-c', `sleep 600 & echo $! > '${pidFile}'; wait`], {
        ...LIMIT,
        signal: controller.signal,
      });
      const settled = running.catch((reason) => reason);
      const pid = Number(await until(() => readIfThere(pidFile)));
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await settled).toBe(reason);
      await until(() => !isRunning(pid));
    },
  );

  it('does not start anything when the signal has aborted', async () => {
    const reason = new Error('before');
    await expect(runCommand(node, ['-v'], { ...LIMIT, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('finding a tool', () => {
  const question = (name: string, program: string, versionPattern = /v(\d[\d.]*)/) => ({
    name,
    versionArgs: ['-e', program],
    versionPattern,
  });

  it.each([
    ['its version', node, 'console.log("tool v1.2.3-rc.1")', { found: true, version: '1.2.3' }],
    ['a version on stderr', node, 'console.error("tool v7")', { found: true, version: '7' }],
    ['one that is not there', 'mex-no-such-tool', '', { found: false }],
    [
      'the reason of one that fails',
      node,
      'console.error("no daemon"); process.exit(1)',
      { found: true, problem: 'no daemon' },
    ],
    ['one that says nothing', node, '', { found: true, problem: `${node} does not tell its version` }],
  ])('tells %s', async (_, name, program, answer) => {
    expect(await findTool(question(name, program))).toEqual(answer);
  });
});

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** A zombie that nobody has waited for yet has ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = readIfThere(`/proc/${pid}/stat`);
  return status === undefined || !/\) Z /.test(status);
}

describe('one program that writes to another', () => {
  const program = (code: string) => ({ file: node, args: ['-e', code] });
  const echo = program('process.stdin.pipe(process.stdout)');
  const count = program('let n = 0; process.stdin.on("data", (c) => (n += c.length)).on("end", () => console.log(n))');
  const fails = (words: string) => program(`console.error("${words}"); process.exitCode = 3`);

  it('sends its bytes as they are, more of them than are ever held', async () => {
    const bytes = program('process.stdout.write(Buffer.from([0, 255, 128, 10]))');
    expect(await pipeCommands(bytes, count, LIMIT)).toMatchObject({ kind: 'ok', stdout: '4' });
    const many = program('process.stdout.write(Buffer.alloc(30 * 1024 * 1024))');
    expect(await pipeCommands(many, count, LIMIT)).toMatchObject({ kind: 'ok', stdout: String(30 * 1024 * 1024) });
  });

  it('fails where either does, and says which', async () => {
    expect(await pipeCommands(fails('no such image'), echo, LIMIT)).toMatchObject({
      kind: 'failed',
      detail: 'exit code 3',
      stderr: 'no such image',
    });
    expect(await pipeCommands(program('console.log("x")'), fails('disk full'), LIMIT)).toMatchObject({
      kind: 'failed',
      detail: 'exit code 3',
      stderr: 'disk full',
    });
    expect(await pipeCommands(fails('no such image'), fails('unexpected EOF'), LIMIT)).toMatchObject({
      kind: 'failed',
      commandLine: expect.stringContaining(' | '),
      detail: 'exit code 3, exit code 3',
      stderr: 'no such image\nunexpected EOF',
    });
  });

  it.each([
    ['first', { file: 'mex-no-such-tool', args: [] }, echo],
    ['second', program('console.log("x")'), { file: 'mex-no-such-tool', args: [] }],
  ])('says that the %s is not there', async (_which, first, second) => {
    expect(await pipeCommands(first, second, LIMIT)).toEqual({ kind: 'not found', commandLine: 'mex-no-such-tool' });
  });

  it('ends with the other at their limit, or when it is not wanted any more', async () => {
    const wait = program('setInterval(() => {}, 1000)');
    expect(await pipeCommands(wait, echo, { timeoutMs: 200 })).toMatchObject({ kind: 'failed' });
    const reason = new Error('enough');
    const controller = new AbortController();
    const running = pipeCommands(wait, echo, { ...LIMIT, signal: controller.signal }).catch((thrown) => thrown);
    setImmediate(() => controller.abort(reason));
    expect(await running).toBe(reason);
  });
});
