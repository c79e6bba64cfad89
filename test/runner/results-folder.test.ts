import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/run-record.ts';
import { assertSameMex, readRecord } from '../../src/runner/read-record.ts';
import { newRunId, ResultsFolder, RUN_ID_PATTERN } from '../../src/runner/results-folder.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mex-results-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the id of a run', () => {
  it('is the UTC second it began, and sorts by it', () => {
    const id = newRunId(Date.UTC(2026, 10, 22, 23, 15, 0), () => 0.5);
    expect(id).toBe('20261122-231500-i000');
    expect(id).toMatch(RUN_ID_PATTERN);
  });
});

describe('a run’s folder', () => {
  it('is never made over another one', async () => {
    await ResultsFolder.create(root, 'one');
    await expect(ResultsFolder.create(root, 'one')).rejects.toThrow(/Could not write .*one/);
  });

  it('holds whole files only', async () => {
    const folder = await ResultsFolder.create(root, 'one');
    await folder.write('run.json', '{}');
    expect(readdirSync(folder.path)).toEqual(['run.json']);
    expect(await folder.read('run.json')).toBe('{}');
  });

  it('says in one line where it cannot be written, and leaves nothing half-done', async () => {
    const folder = await ResultsFolder.create(root, 'one');
    mkdirSync(join(folder.path, 'run.json'));
    await expect(folder.write('run.json', '{}')).rejects.toMatchObject({ code: 'RESULTS_NOT_WRITABLE', exit: 5 });
    expect(readdirSync(folder.path)).toEqual(['run.json']);
  });

  it('is, without an id, that of the newest run, not the kept reference', async () => {
    for (const id of ['20260101-000000-aaaa', '20260102-000000-aaaa', 'reference']) mkdirSync(join(root, id));
    expect((await ResultsFolder.open(root)).runId).toBe('20260102-000000-aaaa');
  });

  it.each(['nope', '../etc', '..', ''])('is not found for "%s", and says what there is', async (id) => {
    mkdirSync(join(root, '20260101-000000-aaaa'));
    await expect(ResultsFolder.open(root, id)).rejects.toMatchObject({
      exit: 2,
      suggestion: 'There are: 20260101-000000-aaaa',
    });
  });

  it('says how to make the first run', async () => {
    await expect(ResultsFolder.open(root)).rejects.toMatchObject({ suggestion: 'Make one: mex run-all --quick' });
  });
});

describe('the record of an earlier run', () => {
  const open = async (text: string): Promise<unknown> => {
    mkdirSync(join(root, 'one'));
    writeFileSync(join(root, 'one', 'run.json'), text);
    return readRecord(await ResultsFolder.open(root, 'one'));
  };

  it('is refused where its schema is newer', async () => {
    await expect(open('{"schemaVersion":2}')).rejects.toMatchObject({
      exit: 2,
      suggestion: expect.stringContaining('Update mex'),
    });
  });

  it.each(['', '{', '[]', '{"schemaVersion":1}'])('is refused where it is %s', async (text) => {
    await expect(open(text)).rejects.toMatchObject({ code: 'UNREADABLE_RUN', exit: 2 });
  });
});

describe('a run that is resumed', () => {
  const record = { runId: 'r', mexVersion: '1.0.0', commit: { hash: 'a'.repeat(40), dirty: false } } as RunRecord;

  it('goes on with the same mex', () => {
    expect(() => assertSameMex(record, { mexVersion: '1.0.0', commit: record.commit })).not.toThrow();
  });

  it('does not go on with another, whose engine may be another one', () => {
    const other = { mexVersion: '1.0.0', commit: { hash: 'b'.repeat(40), dirty: false } };
    expect(() => assertSameMex(record, other)).toThrow(/was started by mex 1.0.0 of commit aaaaaaaaaaaa/);
  });
});
