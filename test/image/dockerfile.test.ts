/** The image's recipe: what it must have to work, and what must not come into it. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { CASES } from '../../src/experiment/cases.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const dockerfile = read('Dockerfile');
const [, build = '', final = ''] = dockerfile.split(/^FROM .*$/m);

/** Sources and targets of `COPY`, those from another stage left out. */
const copied = (stage: string): string[] =>
  [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));

/** Every file that k6 opens for a script, itself included, relative to the root. */
function filesOf(script: string, found = new Set<string>()): Set<string> {
  if (found.has(script)) return found;
  found.add(script);
  // What is imported for its type only is erased, and k6 never looks for it.
  for (const [, imported = ''] of read(script).matchAll(/^(?:import|export) (?!type )[^']*'(\.[^']+)'/gm)) {
    filesOf(relative(ROOT, resolve(ROOT, dirname(script), imported)), found);
  }
  return found;
}

it('has every file that a k6 script reads, where the script looks for it', () => {
  const scripts = [...CASES.map(({ k6Script }) => `k6/${k6Script}`), 'k6/seed-orderbooks.js'];
  const needed = new Set(scripts.flatMap((script) => [...filesOf(script)]));
  expect(needed.size).toBeGreaterThan(20);
  for (const file of needed) {
    expect(
      copied(final).some((source) => file.startsWith(`${source}/`)),
      file,
    ).toBe(true);
  }
  // /app/k6 and /app/src lie beside each other, as in the repository.
  for (const source of copied(final)) expect(final).toContain(`COPY ${source} ${source}\n`);
});

it('lets into the build only what the recipe copies', () => {
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const used = new Set([...copied(build), ...copied(final)].map((source) => source.split('/')[0]));
  expect(allowed.sort()).toEqual([...used].sort());
  expect(read('.dockerignore').split('\n')).toContain('*');
});

it('starts mex as the first process, by number, and without a shell', () => {
  expect(final).toMatch(/^ENTRYPOINT \["node", "\/app\/bin\/run\.js"\]$/m);
  expect(final).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  expect(final).not.toMatch(/^CMD|^RUN/m);
});

it('installs what the lock file says, runs no script of a package, and takes no development tool along', () => {
  expect(build).toContain('npm ci --ignore-scripts');
  expect(build).toContain('npm prune --omit=dev --ignore-scripts');
  expect(final).toContain('COPY --from=build /app/node_modules node_modules');
});

it('says what it was built from', () => {
  for (const label of ['title', 'description', 'licenses', 'version', 'revision']) {
    expect(final).toContain(`org.opencontainers.image.${label}=`);
  }
  for (const name of ['VERSION', 'REVISION']) expect(final).toContain(`ARG ${name}=unknown`);
});

it('needs no BuildKit, and names neither a processor nor a registry', () => {
  expect(dockerfile).not.toMatch(/--mount|--platform|<<|^# *syntax|^ADD|amd64|x64|https?:/m);
  const stages = dockerfile.match(/^FROM .*$/gm) ?? [];
  expect(stages).toHaveLength(2);
  for (const stage of stages) expect(stage).toMatch(/^FROM \$\{NODE_IMAGE\}( AS build)?$/);
  expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24-bookworm-slim$/m);
});
