/** The rules of the house, executed: what a reviewer would otherwise have to look for. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const LINES_MAX = 250;

/** Who may import whom, by folder of `src/`. The table stands in ARCHITECTURE.md too. */
const EVERYTHING = ['*'];
const MAY_IMPORT: Record<string, string[]> = {
  commands: EVERYTHING,
  cli: EVERYTHING,
  errors: [],
  stats: [],
  protocol: [],
  experiment: ['stats'],
  exec: ['errors'],
  doctor: ['errors', 'exec'],
  kubernetes: ['exec', 'errors'],
  cluster: ['kubernetes', 'protocol', 'exec', 'errors'],
  engine: ['kafka', 'protocol', 'stats', 'exec', 'errors'],
  broker: ['exec', 'errors'],
  faults: ['exec', 'errors'],
  kafka: ['protocol', 'errors'],
  events: ['engine', 'kafka', 'protocol', 'errors'],
  gateway: ['protocol', 'stats', 'errors'],
  targets: ['cluster', 'kubernetes', 'protocol', 'exec', 'errors'],
  load: ['kubernetes', 'experiment', 'protocol', 'stats', 'exec', 'errors'],
  telemetry: ['experiment', 'protocol', 'stats', 'exec', 'errors'],
  dashboard: ['experiment', 'protocol', 'errors'],
  verdict: ['experiment', 'stats'],
  report: ['experiment', 'verdict', 'stats'],
  runner: ['experiment', 'protocol', 'stats', 'verdict', 'report', 'errors'],
};
/** Interfaces that the runner knows; it never sees what stands behind them. */
const RUNNER_INTERFACES = ['targets/target.ts', 'load/load-driver.ts', 'telemetry/metrics-source.ts'];
/** No clock, no randomness, no input or output: the same answer whenever they are asked. */
const PURE = ['errors', 'stats', 'protocol', 'experiment', 'verdict', 'report', 'engine/book', 'engine/match'];
const IMPURE =
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bprocess\.[a-z]|from 'node:(?!assert|util)/;
/** A program of its own: it must end with the channel to mex, whatever it does at that moment. */
const MAY_EXIT = ['load/embedded/generator-process.ts'];

interface Source {
  path: string;
  text: string;
  imports: string[];
}

const sources: Source[] = filesBelow(join(ROOT, 'src'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path: relative(join(ROOT, 'src'), path), text, imports: importsOf(path, text) };
  });

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** Imported files of the project, relative to `src/`: static, lazy, and those started as programs by URL. */
function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:from\s+|import\(\s*|import\s+)'(\.[^']+)'/g);
  return [...found].map((match) => relative(join(ROOT, 'src'), resolve(dirname(path), match[1] ?? '')));
}

const folderOf = (path: string): string => path.split('/')[0] ?? '';

describe('the sources', () => {
  it.each(sources)('$path is at most 250 lines', ({ text }) => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(LINES_MAX);
  });

  it('are in folders of the import table', () => {
    expect(sources.map(({ path }) => folderOf(path)).filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
  });

  it.each(sources)('$path imports only what the table allows', ({ path, imports }) => {
    const folder = folderOf(path);
    const allowed = MAY_IMPORT[folder] ?? [];
    const forbidden = imports.filter((imported) => {
      const other = folderOf(imported);
      if (other === folder) return false;
      if (other === 'commands') return true;
      if (folder === 'runner' && RUNNER_INTERFACES.includes(imported)) return false;
      return allowed !== EVERYTHING && !allowed.includes(other);
    });
    expect(forbidden).toEqual([]);
  });

  it('have no cycles', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('are all in use', () => {
    const imported = new Set(sources.flatMap(({ imports }) => imports));
    const started = (path: string): boolean => {
      const name = path.split('/').at(-1)?.replace(/\.ts$/, '') ?? '';
      return sources.some((other) => other.path !== path && new RegExp(`['"\`/.]${name}[.'"\`$]`).test(other.text));
    };
    const entries = (path: string): boolean => folderOf(path) === 'commands' || path === 'cli/main.ts';
    const unused = sources.filter(
      ({ path }) => !path.endsWith('.d.ts') && !entries(path) && !imported.has(path) && !started(path),
    );
    expect(unused.map(({ path }) => path)).toEqual([]);
  });

  it('end the process only in bin/', () => {
    expect(pathsWith(/\bprocess\.exit\(/)).toEqual(MAY_EXIT);
  });

  it('write to the console nowhere', () => {
    expect(pathsWith(/\bconsole\.\w+\(/)).toEqual([]);
  });

  it('keep pure folders free of clock, randomness, input and output', () => {
    const pure = ({ path }: Source): boolean => PURE.some((folder) => path.startsWith(`${folder}/`));
    expect(sources.filter((source) => pure(source) && IMPURE.test(source.text)).map(({ path }) => path)).toEqual([]);
  });

  it('have functions of at most 70 lines and four parameters, which the linter sees to', () => {
    const { complexity } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')).linter.rules;
    expect(complexity.noExcessiveLinesPerFunction).toMatchObject({ level: 'error', options: { maxLines: 70 } });
    expect(complexity.useMaxParams).toMatchObject({ level: 'error', options: { max: 4 } });
  });

  it('carry no loose ends', () => {
    expect(pathsWith(/\b(TODO|FIXME|XXX|HACK)\b|@ts-ignore|@ts-expect-error/)).toEqual([]);
  });

  it('start no shell', () => {
    expect(pathsWith(/\bshell:\s*true\b|\bexecSync\(|(?<!\.)\bexec\(/)).toEqual([]);
  });
});

function pathsWith(pattern: RegExp): string[] {
  return sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}

function findCycle(): string[] | undefined {
  const imports = new Map(sources.map((source) => [source.path, source.imports]));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of sources) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
