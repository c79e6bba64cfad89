/**
 * Manifests as objects: those of a kustomize folder, rendered by kubectl, or those in a text.
 *
 * YAML is read as kubectl reads it, in version 1.1: `0644` is octal, `on` is true. What version 1.1 has besides and kubectl
 * does not (`12:30` as 750 seconds, dates) stays a text.
 */
import type { Tags } from 'yaml';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';
import { runCommand } from '../exec/run-command.ts';
import type { KubeObject } from './object-types.ts';

/** It reads some dozen small files. */
const RENDER_MS_MAX = 30_000;
const NOT_IN_KUBERNETES = ['timestamp', 'binary', 'omap', 'pairs', 'set'];

export async function renderKustomize(folder: string, signal: AbortSignal): Promise<KubeObject[]> {
  const { stdout } = await runCommand('kubectl', ['kustomize', folder], { timeoutMs: RENDER_MS_MAX, signal });
  return parseManifests(stdout, folder);
}

/** @param source for errors: where the text is from. Empty documents are left out, `List`s are opened. */
export async function parseManifests(text: string, source: string): Promise<KubeObject[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { version: '1.1', customTags: withoutExtras });
  if ('empty' in documents) return [];
  return documents.flatMap((document, index) => {
    const place = `document ${index + 1} of ${source}`;
    const [problem] = document.errors;
    if (problem !== undefined) throw unreadable(place, messageOf(problem));
    const value: unknown = document.toJS();
    return value === null || value === undefined ? [] : objectsOf(value, place);
  });
}

function objectsOf(value: unknown, place: string): KubeObject[] {
  const { apiVersion, kind, metadata, items } = Object(value) as Partial<KubeObject>;
  if (kind === 'List' && Array.isArray(items)) return items.flatMap((item) => objectsOf(item, place));
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw unreadable(place, 'it lacks apiVersion, kind or metadata.name');
  }
  return [value as KubeObject];
}

function withoutExtras(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return !NOT_IN_KUBERNETES.includes(tag);
    const name = tag.tag.split(':').at(-1) ?? '';
    return !NOT_IN_KUBERNETES.includes(name) && !('format' in tag && tag.format === 'TIME');
  });
}

function unreadable(place: string, why: string): MexError {
  return new MexError(`Cannot read ${place} as a manifest: ${why}`, { code: 'BAD_MANIFEST', exit: EXIT.usage });
}
