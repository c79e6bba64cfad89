/**
 * An object held against Kubernetes' own schema: types, required fields, enumerations, and fields that the schema has not.
 * The generated validators let unknown fields pass, but they look at each field that they know: what nobody looked at is
 * unknown, and most likely misspelt.
 */
import type { KubeObject } from './object-types.ts';

interface Validator {
  (data: unknown): boolean;
  errors?: { instancePath: string; message?: string; keyword: string; params: unknown }[] | null;
}

export async function schemaProblems(object: KubeObject): Promise<string[]> {
  const { validate } = (await import(`kubernetes-models/_schemas/${schemaName(object)}`)) as { validate: Validator };
  const seen = new Set<string>();
  validate(watched(object, '', seen));
  const errors = (validate.errors ?? []).map(
    ({ instancePath, keyword, params }) => `${instancePath}: ${keyword} ${JSON.stringify(params)}`,
  );
  return [...errors, ...unseen(object, '', seen).map((path) => `${path}: no such field`)];
}

/** `apps/v1 StatefulSet` is `IoK8sApiAppsV1StatefulSet`. */
function schemaName({ apiVersion, kind }: KubeObject): string {
  const [version = '', group = 'core'] = apiVersion.split('/').reverse();
  const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return `IoK8sApi${capitalised(group.split('.')[0] ?? '')}${capitalised(version)}${kind}`;
}

function watched(value: unknown, path: string, seen: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get: (target, name) => {
      seen.add(`${path}/${String(name)}`);
      return watched(Reflect.get(target, name), `${path}/${String(name)}`, seen);
    },
  });
}

function unseen(value: unknown, path: string, seen: Set<string>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${path}/${name}`;
    return seen.has(here) ? unseen(inner, here, seen) : [here];
  });
}
