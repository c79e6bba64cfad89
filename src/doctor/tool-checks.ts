/** The programs that mex runs: is each there, new enough, and one that was tried? */
import { findTool, type ToolAnswer, type ToolQuestion } from '../exec/find-tool.ts';
import { isAtLeast, isNewerThan } from '../exec/version.ts';
import type { Check, TargetName } from './check.ts';
import { installHint, type ToolName } from './install-hints.ts';
import type { Machine } from './machine.ts';
import { TESTED_VERSIONS } from './tested-versions.ts';

interface Tool extends ToolQuestion {
  label: ToolName;
  /** Absent: any version will do. */
  minimum?: string;
  /** The newest last. */
  tested: readonly string[];
  /** The target that cannot do without it; null: none. */
  neededBy: TargetName | null;
  /** What it is for, where it is not needed. */
  usedFor: string;
}

const OF_K8S = { neededBy: 'k8s', usedFor: 'for k8s' } as const;

export const TOOLS: readonly Tool[] = [
  {
    label: 'docker',
    name: 'docker',
    minimum: '20.10',
    tested: TESTED_VERSIONS.docker,
    ...OF_K8S,
    versionArgs: ['--version'],
    versionPattern: /version (\d[\d.]*)/i,
  },
  {
    label: 'docker daemon',
    name: 'docker',
    minimum: '20.10',
    tested: TESTED_VERSIONS.docker,
    ...OF_K8S,
    versionArgs: ['version', '--format', '{{.Server.Version}}'],
    versionPattern: /^v?(\d[\d.]*)/m,
  },
  {
    label: 'k3d',
    name: 'k3d',
    tested: TESTED_VERSIONS.k3d,
    ...OF_K8S,
    versionArgs: ['version'],
    versionPattern: /k3d version v?(\d[\d.]*)/,
  },
  {
    label: 'kubectl',
    name: 'kubectl',
    minimum: '1.28',
    tested: TESTED_VERSIONS.kubectl,
    ...OF_K8S,
    versionArgs: ['version', '--client', '--output=yaml'],
    versionPattern: /gitVersion:\s*"?v?(\d[\d.]*)/,
  },
  {
    label: 'helm',
    name: 'helm',
    minimum: '3',
    tested: TESTED_VERSIONS.helm,
    ...OF_K8S,
    versionArgs: ['version', '--short'],
    versionPattern: /v(\d[\d.]*)/,
  },
  {
    label: 'k6',
    name: 'k6',
    minimum: '2.0',
    tested: TESTED_VERSIONS.k6,
    // In a cluster the load is sent from inside of it, by the image of k6.
    neededBy: null,
    usedFor: 'for --driver k6, and for load on a cluster from here',
    versionArgs: ['version'],
    versionPattern: /k6\S* v?(\d[\d.]*)/,
  },
  {
    label: 'prometheus',
    name: 'prometheus',
    // The oldest that was tried.
    minimum: '2.42',
    tested: TESTED_VERSIONS.prometheus,
    neededBy: null,
    usedFor: 'for --metrics prometheus',
    versionArgs: ['--version'],
    versionPattern: /prometheus, version v?(\d[\d.]*)/,
  },
  {
    label: 'git',
    name: 'git',
    tested: TESTED_VERSIONS.git,
    ...OF_K8S,
    versionArgs: ['--version'],
    versionPattern: /git version (\d[\d.]*)/,
  },
];

/** One tool, as whoever cannot do without it sees it. */
export async function checkTool(label: ToolName, machine: Machine, find: FindTool = findTool): Promise<Check> {
  const tool = TOOLS.find((one) => one.label === label);
  if (tool === undefined) throw new Error(`the doctor does not know ${label}`);
  return toolCheck(tool, await find(tool), { machine, needed: true });
}

export type FindTool = (question: ToolQuestion, signal?: AbortSignal) => Promise<ToolAnswer>;

/** Tools that the target asks for and this one does without, each with the reason. */
export type SparedTools = Readonly<Partial<Record<ToolName, string>>>;

export async function toolChecks(
  machine: Machine,
  target: TargetName,
  { signal, find = findTool, spared = {} }: { signal?: AbortSignal; find?: FindTool; spared?: SparedTools } = {},
): Promise<Check[]> {
  const checks = TOOLS.map(async (tool) => {
    const needed = tool.neededBy === target;
    const reason = needed ? spared[tool.label] : undefined;
    const whyNot = reason === undefined ? tool.usedFor : `not needed: ${reason}`;
    return toolCheck(tool, await find(tool, signal), { machine, needed: needed && reason === undefined, whyNot });
  });
  return Promise.all(checks);
}

function toolCheck(
  tool: Tool,
  answer: ToolAnswer,
  context: { machine: Machine; needed: boolean; whyNot?: string },
): Check {
  const { label, minimum, tested, usedFor } = tool;
  const { machine, needed, whyNot = usedFor } = context;
  const version = answer.found ? answer.version : undefined;
  const ok = version !== undefined && (minimum === undefined || isAtLeast(version, minimum));
  const wanted = minimum === undefined ? 'any version' : `>= ${minimum}`;
  return {
    name: label,
    needed,
    ok,
    found: version ?? (answer.found ? `there, but ${answer.problem}` : 'not found'),
    wanted: needed ? wanted : `${wanted} (${whyNot})`,
    tested,
    newerThanTested: version !== undefined && isNewerThan(version, tested.at(-1) ?? version),
    hint: ok ? null : installHint(label, machine),
  };
}
