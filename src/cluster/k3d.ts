/**
 * The k3d program. What it reads from its environment (K3D_IMAGE_TOOLS and the like) reaches it; the kubeconfig that it
 * would write to is never the person's, and the files that it forgets are in a folder that is removed.
 */
import { mkdir, rm } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type CommandResult, type RunOptions, tryCommand } from '../exec/run-command.ts';
import { CREATE_MS_MAX } from './cluster-plan.ts';

/** `version` and `kubeconfig get` ask nobody, or only docker. */
const LOOK_MS_MAX = 30_000;
/** Nodes that were stopped start one after the other. */
const START_S_MAX = 180;

/** How k3d is run: where it may write, and when to stop. */
export interface K3dContext {
  kubeconfig: string;
  temporary: string;
  signal: AbortSignal;
}

/** @throws MexError where there is no k3d */
export async function requireK3d(context: K3dContext): Promise<void> {
  const result = await k3d(['version'], context, { timeoutMs: LOOK_MS_MAX });
  if (result.kind === 'not found') {
    throw new MexError('k3d is not installed or not on the PATH', {
      code: 'K3D_MISSING',
      exit: EXIT.environment,
      suggestion: 'How to install it here: mex doctor --target k8s. Or take a cluster that runs: --context NAME.',
    });
  }
  expectOk('run k3d', result);
}

/** With the API on a free port of loopback. */
export async function createCluster(
  configFile: string,
  onStarted: (pid: number) => Promise<void>,
  context: K3dContext,
): Promise<void> {
  const args = ['cluster', 'create', '--config', configFile, '--api-port', '127.0.0.1:random'];
  const limits = { timeoutMs: CREATE_MS_MAX, onStarted };
  expectOk('make the cluster', await withTemporary(context, (env) => k3d(args, context, { ...limits, env })));
}

/** Only those of its nodes that do not run. */
export async function startCluster(name: string, context: K3dContext): Promise<void> {
  const args = ['cluster', 'start', name, '--wait', '--timeout', `${START_S_MAX}s`];
  const timeoutMs = (START_S_MAX + 30) * 1_000;
  expectOk(`start the cluster ${name}`, await withTemporary(context, (env) => k3d(args, context, { timeoutMs, env })));
}

/** The text of a kubeconfig with that cluster alone. */
export async function kubeconfigOf(name: string, context: K3dContext): Promise<string> {
  const result = await k3d(['kubeconfig', 'get', name], context, { timeoutMs: LOOK_MS_MAX });
  return expectOk(`get the kubeconfig of ${name}`, result);
}

function k3d(
  args: readonly string[],
  { kubeconfig, signal }: K3dContext,
  options: Omit<RunOptions, 'signal'>,
): Promise<CommandResult> {
  return tryCommand('k3d', args, { ...options, signal, env: { ...options.env, KUBECONFIG: kubeconfig } });
}

async function withTemporary<T>(
  { temporary }: K3dContext,
  work: (env: Record<string, string>) => Promise<T>,
): Promise<T> {
  await mkdir(temporary, { recursive: true });
  try {
    return await work({ TMPDIR: temporary });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** k3d logs in colours, and says at its end that it has rolled back: what went wrong is in the first errors. */
function expectOk(attempt: string, result: CommandResult): string {
  if (result.kind === 'ok') return result.stdout;
  const lines = result.kind === 'failed' ? stripVTControlCharacters(result.stderr).split('\n') : [];
  const errors = lines.filter((line) => /^(ERRO|FATA)\[/.test(line)).map((line) => line.replace(/^\w+\[\d+\]\s*/, ''));
  const detail = result.kind === 'failed' ? result.detail : 'it is not installed';
  throw new MexError(`k3d could not ${attempt}: ${errors[0]?.trim() ?? lines.at(-1) ?? detail} (${detail})`, {
    code: 'K3D_FAILED',
    exit: EXIT.environment,
    suggestion: `It was: ${result.commandLine}`,
  });
}
