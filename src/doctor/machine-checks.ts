/** What the machine itself must offer. Pure: facts in, checks out. */
import { isAtLeast, isNewerThan } from '../exec/version.ts';
import type { Check, TargetName } from './check.ts';
import type { Machine } from './machine.ts';
import { TESTED_VERSIONS } from './tested-versions.ts';

const NODE_MINIMUM = '22.19';
const GB = 1e9;
/** A cluster of three shards with Prometheus, Grafana and a broker; on WSL2 the virtual machine must have it. */
const CLUSTER_NEEDS = { memoryBytes: 8 * GB, diskBytes: 10 * GB };
/** Six Node processes of about 150 MB with their logs of 64 MB a segment. */
const LOCAL_NEEDS = { memoryBytes: 2 * GB, diskBytes: 2 * GB };
/** Processes that are busy at the same time: engines, gateway, generator, collector. */
const BUSY_SINGLE = 3;
const BUSY_MULTI = 6;

export function machineChecks(machine: Machine, target: TargetName): Check[] {
  const needs = target === 'k8s' || machine.wsl !== 'no' ? CLUSTER_NEEDS : LOCAL_NEEDS;
  return [
    osCheck(machine),
    archCheck(machine),
    coresCheck(machine),
    amountCheck('memory', machine.memoryBytes, needs.memoryBytes, memoryHint(machine)),
    amountCheck('free disk', machine.results.freeBytes, needs.diskBytes, `Make room below ${machine.results.path}.`),
    wslCheck(machine),
    nodeCheck(machine),
    resultsCheck(machine),
  ];
}

function check(name: string, ok: boolean, facts: { found: string; wanted: string; hint: string }): Check {
  const { found, wanted, hint } = facts;
  return { name, needed: true, ok, found, wanted, tested: [], newerThanTested: false, hint: ok ? null : hint };
}

function osCheck({ platform, release }: Machine): Check {
  const ok = platform === 'linux' || platform === 'darwin';
  const hint = 'In PowerShell: wsl --install. Then run mex inside of it.';
  return check('operating system', ok, { found: `${platform} ${release}`, wanted: 'linux, macOS or WSL2', hint });
}

function archCheck({ arch }: Machine): Check {
  const hint = 'Use a 64-bit machine and a 64-bit Node.';
  return check('architecture', arch === 'x64' || arch === 'arm64', { found: arch, wanted: 'x64 or arm64', hint });
}

/** A warning only: the run's validity rules judge what the lack of cores has done. */
function coresCheck({ cores }: Machine): Check {
  const ok = cores >= BUSY_MULTI;
  const busy = cores < BUSY_SINGLE ? BUSY_SINGLE : BUSY_MULTI;
  const hint = `${busy} processes are busy at once: on ${cores} cores latencies contain waiting for a core.`;
  const wanted = `>= ${BUSY_SINGLE} for one shard, >= ${BUSY_MULTI} for three`;
  return { ...check('CPU cores', ok, { found: String(cores), wanted, hint }), needed: false };
}

function amountCheck(name: string, foundBytes: number, wantedBytes: number, hint: string): Check {
  const wanted = `>= ${wantedBytes / GB} GB`;
  return check(name, foundBytes >= wantedBytes, { found: `${(foundBytes / GB).toFixed(1)} GB`, wanted, hint });
}

function memoryHint({ wsl }: Machine): string {
  if (wsl === 'no') return 'End other programs, or use a machine with more memory.';
  return 'Set memory=8GB below [wsl2] in %UserProfile%\\.wslconfig, then in PowerShell: wsl --shutdown';
}

function wslCheck({ wsl }: Machine): Check {
  const hint = 'In PowerShell: wsl --set-version <distribution> 2';
  return check('WSL', wsl !== 'WSL1', { found: wsl, wanted: 'no or WSL2', hint });
}

function nodeCheck({ nodeVersion }: Machine): Check {
  const facts = { found: nodeVersion, wanted: `>= ${NODE_MINIMUM}`, hint: 'npm ci && npx mex doctor' };
  const tested = TESTED_VERSIONS.Node;
  const newerThanTested = isNewerThan(nodeVersion, tested.at(-1) ?? '');
  return { ...check('Node', isAtLeast(nodeVersion, NODE_MINIMUM), facts), tested, newerThanTested };
}

function resultsCheck({ results }: Machine): Check {
  const state = results.exists ? '' : ' (not there yet)';
  return check('results folder', results.writable, {
    found: `${results.writable ? 'writable' : 'not writable'}${state}`,
    wanted: 'writable',
    hint: `sudo chown -R "$USER" '${results.path}'`,
  });
}
