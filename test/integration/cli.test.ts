/** The command line from outside: exit codes, one line an error, one document with `--json`. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMex } from '../mex-process.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mex-cli-'));
  mkdirSync(join(cwd, 'results', 'newer'), { recursive: true });
  writeFileSync(join(cwd, 'results', 'newer', 'run.json'), '{"schemaVersion":99}');
  writeFileSync(join(cwd, 'a-file'), '');
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('wrong use', () => {
  it.each<[string[], number, RegExp]>([
    [['wat'], 2, /^mex: .*wat.*\n$/],
    [['smoke', '--wat'], 2, /^mex: Nonexistent flag: --wat\. See --help\.\n$/],
    [['test', 'asr1', '--case', 'b2'], 2, /^mex: Unknown case "b2" of asr1\. There are: a1, a2, a3, a4\.\n$/],
    [
      ['test', 'asr1', '--case', 'a2', '--kill-pod'],
      2,
      /^mex: --kill-pod: target local has no pods\. .*--target k8s\n$/,
    ],
    [['test', 'asr1', '--kill-pod'], 2, /^mex: .*--case/],
    [['test', 'asr1', '--case', 'a4', '--kill-pod'], 2, /^mex: --kill-pod: a4 takes the broker away already\./],
    [['test', 'asr1', '--time-scale', '2'], 2, /^mex: --time-scale 2: expected a number above 0 and up to 1/],
    [['test', 'asr1', '--seed', '-1'], 2, /^mex: .*-1/],
    [['test', 'asr1', '--repeat', '0'], 2, /^mex: .*0/],
    [['run-all', '--quick', '--time-scale', '0.1'], 2, /^mex: .*--quick/],
    [['run-all', '--resume', 'nope', '--quick'], 2, /^mex: .*--resume/],
    [['run-all', '--resume', 'nope'], 2, /mex: No run "nope" in results\//],
    [['results', 'nope'], 2, /^mex: No run "nope" in results\/\. There are: newer\n$/],
    [['results', '../..'], 2, /^mex: No run "\.\.\/\.\."/],
    [['results', 'asr1', 'asr2'], 2, /^mex: Two ASRs were named/],
    [['results', 'newer'], 2, /^mex: .*schema version 99; this mex reads up to 1\. Update mex/],
    [['results', '--format', 'pdf'], 2, /^mex: .*--format/],
    [
      ['results', '--prometheus', 'http://127.0.0.1:1', '--format', 'md'],
      2,
      /^mex: --format md was given for a stretch/,
    ],
    [['results', 'newer', '--prometheus', 'http://127.0.0.1:1', '--as', 'a2'], 2, /^mex: A run was named, and --from/],
    [
      ['deploy', 'single', '--kafka', 'nonsense'],
      2,
      /^mex: --kafka nonsense: expected host:port, several separated by/,
    ],
    ...['deploy single', 'test asr1', 'run-all'].map((command): [string[], number, RegExp] => [
      [...command.split(' '), '--target', 'k8s', '--kafka', 'localhost:9092'],
      2,
      /^mex: --kafka with --target k8s: the engines publish to the broker in the cluster\. Leave --kafka out\.\n$/,
    ]),
    [['test', 'asr1', '--target', 'k8s', '--metrics', 'collector'], 2, /^mex: --metrics collector with --target k8s: /],
    [['run-all', '--target', 'k8s', '--prometheus', 'http://x'], 2, /^mex: --prometheus with --target k8s: /],
    [['test', 'asr2', '--load-from', 'cluster'], 2, /^mex: --load-from without --target k8s\. Leave it out/],
    [['run-all', '--load-jobs', '2'], 2, /^mex: --load-jobs without --target k8s\. Leave it out/],
    [['run-all', '--resume', 'nope', '--load-jobs', '2'], 2, /^mex: .*--resume/],
    [
      ['test', 'asr2', '--target', 'k8s', '--driver', 'embedded', '--load-from', 'cluster'],
      2,
      /^mex: --driver embedded sends from here, and --load-from cluster was given\. Leave one of them out\.\n$/,
    ],
    ...['deploy multi', 'undeploy', 'smoke', 'seed single', 'test asr1', 'dashboard --grafana'].map(
      (command): [string[], number, RegExp] => [
        [...command.split(' '), '--target', 'k8s'],
        5,
        /^(deploy multi\n)?mex: There is no cluster here\. Run: mex cluster up\n$/,
      ],
    ),
    [['deploy', 'single', '--kafka-pid', '7'], 2, /^mex: .*--kafka/],
    [
      ['deploy', 'single', '--kafka', '127.0.0.1:1'],
      5,
      /^mex: No broker answers at 127\.0\.0\.1:1: .*leave --kafka out/,
    ],
    [['run-all', '--kafka', '127.0.0.1:1'], 5, /mex: No broker answers at 127\.0\.0\.1:1: /],
    [['smoke'], 5, /^mex: Nothing is deployed\. Run: mex deploy single\n$/],
    [['seed', 'multi'], 5, /^mex: Not deployed: shard a, b, c\. Run: mex deploy multi\n$/],
    [['test', 'asr1', '--results', 'a-file'], 5, /^mex: Could not write a-file\/.*Choose another place/],
    [['dashboard'], 2, /^mex: mex has no live page of its own\. Look .*: mex dashboard --grafana\n$/],
    [['dashboard', '--grafana', 'grafana'], 2, /^mex: Address of Grafana: .*: mex dashboard --grafana http:.*\n$/],
    [
      ['dashboard', '--grafana', 'http://127.0.0.1:1'],
      5,
      /^mex: No Grafana answers at http:\/\/127\.0\.0\.1:1: .* docker run .*\n$/,
    ],
    [['wal', 'inspect', 'nowhere'], 74, /^mex: /],
  ])('%j ends with %i and one line', async (args, exit, line) => {
    const ended = await runMex(args, cwd);
    expect(ended.stderr).toMatch(line);
    expect(ended).toMatchObject({ exit, stdout: '' });
  });

  it('with --json is one document on stdout and nothing on stderr', async () => {
    const { exit, stdout, stderr } = await runMex(['smoke', '--json'], cwd);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'NOT_DEPLOYED',
        message: 'Nothing is deployed',
        suggestion: 'Run: mex deploy single',
        exit: 5,
      },
    });
    expect({ exit, stderr }).toEqual({ exit: 5, stderr: '' });
  });

  it('says how to get k6 where there is none, before anything is started', async () => {
    const { exit, stderr } = await runMex(['test', 'asr1', '--driver', 'k6'], cwd, { PATH: '/nowhere' });
    expect(stderr).toMatch(/^mex: --driver k6 needs k6 >= 2\.0 on the PATH; found: not found\. .*k6.*\n$/);
    expect(exit).toBe(5);
  });

  it('says how to get a k6 that is new enough, before anything is started', async () => {
    const path = mkdtempSync(join(tmpdir(), 'mex-old-k6-'));
    writeFileSync(join(path, 'k6'), "#!/bin/sh\necho 'k6 v1.7.1 (go1.25, linux/amd64)'\n", { mode: 0o755 });
    const { exit, stderr } = await runMex(['test', 'asr1', '--driver', 'k6'], cwd, { PATH: path });
    rmSync(path, { recursive: true });
    expect(stderr).toMatch(/^mex: --driver k6 needs k6 >= 2\.0 on the PATH; found: 1\.7\.1\. .*k6.*\n$/);
    expect(exit).toBe(5);
  });

  it('shows the stack only with --debug', async () => {
    expect((await runMex(['smoke', '--debug'], cwd)).stderr).toMatch(/\n {4}at /);
  });

  it('leaves nothing behind', () => {
    expect(readdirSync(cwd).sort()).toEqual(['a-file', 'results']);
    expect(readdirSync(join(cwd, 'results'))).toEqual(['newer']);
  });
});

const COMMANDS = resolve(import.meta.dirname, '../../src/commands');
const commands = readdirSync(COMMANDS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => relative('', path).replace(/\.ts$/, '').split('/'));

describe('help', () => {
  it.each(commands.map((command) => [command]))('of %j has an example', async (command) => {
    const { exit, stdout } = await runMex([...command, '--help'], cwd);
    expect(exit).toBe(0);
    expect(stdout).toContain('USAGE');
    expect(stdout).toContain('EXAMPLES');
  });

  it('without a command lists them', async () => {
    const { exit, stdout } = await runMex([], cwd);
    expect(exit).toBe(0);
    for (const name of ['doctor', 'run-all', 'results', 'deploy', 'serve', 'test']) expect(stdout).toContain(name);
  });
});

describe('a deployment by hand', () => {
  it('is deployed, checked, seeded and put away, each with one JSON document', async () => {
    const json = async (...args: string[]): Promise<Record<string, unknown>> => {
      const { exit, stdout, stderr } = await runMex([...args, '--json'], cwd);
      expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    try {
      expect(await json('deploy', 'single')).toMatchObject({ changed: true });
      expect(await json('deploy', 'single')).toMatchObject({ changed: false });
      expect(await json('smoke')).toMatchObject({ ok: true });
      expect(await json('seed', 'single', '--depth', '20', '--levels', '5')).toMatchObject({ depth: 20 });
      expect(await json('smoke')).toMatchObject({ ok: true });
    } finally {
      expect(await json('undeploy', '--purge')).toBeDefined();
    }
    expect(readdirSync(cwd)).not.toContain('.mex');
  });
});
