import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitOf } from '../../src/exec/commit.ts';

let root: string;
const git = (...args: string[]): void => {
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', ['-C', root, ...who, ...args], { stdio: 'ignore' });
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mex-commit-'));
  git('init');
  writeFileSync(join(root, 'file'), 'one');
  git('add', '.');
  git('commit', '-m', 'one');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the commit that a mex was built from', () => {
  it('is that of its checkout, and says whether it was changed', async () => {
    expect(await commitOf(root)).toEqual({ hash: expect.stringMatching(/^[0-9a-f]{40}$/), dirty: false });
    writeFileSync(join(root, 'file'), 'two');
    expect(await commitOf(root)).toMatchObject({ dirty: true });
  });

  it('is not that of somebody else’s checkout around it', async () => {
    mkdirSync(join(root, 'node_modules', 'mex'), { recursive: true });
    expect(await commitOf(join(root, 'node_modules', 'mex'))).toBeNull();
  });

  it('is not known outside of a checkout', async () => {
    rmSync(join(root, '.git'), { recursive: true });
    expect(await commitOf(root)).toBeNull();
  });
});
