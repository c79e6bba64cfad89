#!/usr/bin/env node
// Builds what has changed, then runs it: the same program, straight from the sources.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

const built = spawnSync('npx', ['tsc', '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/mex.tsbuildinfo'], {
  stdio: ['ignore', 2, 2],
});
if (built.status !== 0) process.exit(built.status ?? 1);
// It tells of the commands as they were at the last whole build; without it they are looked for.
rmSync(new URL('../oclif.manifest.json', import.meta.url), { force: true });
await import('./run.js');
