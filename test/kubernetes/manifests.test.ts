import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseManifests, renderKustomize } from '../../src/kubernetes/manifests.ts';
import { never } from './connect.ts';

const named = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';

describe('a manifest', () => {
  it('is read as kubectl reads it', async () => {
    const [object] = await parseManifests(
      `${named}data: {mode: 0644, on: on, time: 12:30, day: 2026-01-02, tilde: "~", big: 1e3, hex: 0x10, date: !!str 7}\n`,
      'a text',
    );
    expect(object?.data).toEqual({
      mode: 0o644,
      true: true,
      time: '12:30',
      day: '2026-01-02',
      tilde: '~',
      big: 1000,
      hex: 16,
      date: '7',
    });
  });

  it('may be one of several, in documents or in a list; empty ones count for nothing', async () => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [one('a'), one('b')] });
    const objects = await parseManifests(`---\n---\n# nothing\n---\n${named}---\n${list}\n`, 'a text');
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['x', 'a', 'b']);
    expect(await parseManifests('', 'a text')).toEqual([]);
  });

  it.each([
    ['a: [', 'Cannot read document 1 of a text as a manifest: '],
    ['- 1', 'Cannot read document 1 of a text as a manifest: it lacks apiVersion, kind or metadata.name'],
    [`${named}---\nkind: Pod\n`, 'Cannot read document 2 of a text as a manifest: it lacks apiVersion'],
    [`${named}data: {a: 1, a: 2}\n`, 'Cannot read document 1 of a text as a manifest: Map keys must be unique'],
  ])('that cannot be read is told by its place: %j', async (text, message) => {
    await expect(parseManifests(text, 'a text')).rejects.toMatchObject({
      code: 'BAD_MANIFEST',
      exit: 2,
      message: expect.stringContaining(message),
    });
  });

  const one = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name } });
});

describe('a kustomize folder', () => {
  let folder: string;
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const withKubectl = (script: string): void => {
    folder = mkdtempSync(join(tmpdir(), 'mex-kustomize-'));
    writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'kubectl'), 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  };

  it('is rendered by kubectl', async () => {
    withKubectl(`[ "$*" = "kustomize some/overlay" ] && printf '${named.replaceAll('\n', '\\n')}'`);
    expect(await renderKustomize('some/overlay', never)).toMatchObject([{ kind: 'ConfigMap' }]);
  });

  it('that is broken is told in the words of kubectl', async () => {
    withKubectl('echo "error: no kustomization file" >&2; exit 1');
    await expect(renderKustomize('nowhere', never)).rejects.toMatchObject({
      exit: 5,
      message: expect.stringContaining('no kustomization file'),
    });
  });
});
