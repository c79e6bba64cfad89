/** The programs that the k8s target runs: is each there, and new enough? */
import { findTool, type ToolAnswer, type ToolQuestion } from '../exec/find-tool.ts';
import { isAtLeast } from '../exec/version.ts';
import type { Check, TargetName } from './check.ts';
import { installHint, type ToolName } from './install-hints.ts';
import type { Machine } from './machine.ts';

interface Tool extends ToolQuestion {
  label: ToolName;
  /** Absent: any version will do. */
  minimum?: string;
}

export const TOOLS: readonly Tool[] = [
  {
    label: 'docker',
    name: 'docker',
    versionArgs: ['--version'],
    versionPattern: /version (\d[\d.]*)/i,
    minimum: '20.10',
  },
  {
    label: 'docker daemon',
    name: 'docker',
    versionArgs: ['version', '--format', '{{.Server.Version}}'],
    versionPattern: /^v?(\d[\d.]*)/m,
    minimum: '20.10',
  },
  { label: 'k3d', name: 'k3d', versionArgs: ['version'], versionPattern: /k3d version v?(\d[\d.]*)/ },
  {
    label: 'kubectl',
    name: 'kubectl',
    versionArgs: ['version', '--client', '--output=yaml'],
    versionPattern: /gitVersion:\s*"?v?(\d[\d.]*)/,
    minimum: '1.28',
  },
  { label: 'helm', name: 'helm', versionArgs: ['version', '--short'], versionPattern: /v(\d[\d.]*)/, minimum: '3' },
  { label: 'k6', name: 'k6', versionArgs: ['version'], versionPattern: /k6\S* v?(\d[\d.]*)/, minimum: '2.0' },
  { label: 'git', name: 'git', versionArgs: ['--version'], versionPattern: /git version (\d[\d.]*)/ },
];

/** One tool, as the doctor sees it. */
export async function checkTool(label: ToolName, machine: Machine, find: FindTool = findTool): Promise<Check> {
  const tool = TOOLS.find((one) => one.label === label);
  if (tool === undefined) throw new Error(`the doctor does not know ${label}`);
  return toolCheck(tool, await find(tool), { machine, target: 'k8s' });
}

export type FindTool = (question: ToolQuestion, signal?: AbortSignal) => Promise<ToolAnswer>;

export async function toolChecks(
  machine: Machine,
  target: TargetName,
  { signal, find = findTool }: { signal?: AbortSignal; find?: FindTool } = {},
): Promise<Check[]> {
  return Promise.all(TOOLS.map(async (tool) => toolCheck(tool, await find(tool, signal), { machine, target })));
}

function toolCheck(tool: Tool, answer: ToolAnswer, context: { machine: Machine; target: TargetName }): Check {
  const { label, minimum } = tool;
  const needed = context.target === 'k8s';
  const version = answer.found ? answer.version : undefined;
  const ok = version !== undefined && (minimum === undefined || isAtLeast(version, minimum));
  const wanted = minimum === undefined ? 'any version' : `>= ${minimum}`;
  return {
    name: label,
    needed,
    ok,
    found: version ?? (answer.found ? `there, but ${answer.problem}` : 'not found'),
    wanted: needed ? wanted : `${wanted} (for k8s)`,
    hint: ok ? null : installHint(label, context.machine),
  };
}
