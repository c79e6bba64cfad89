/**
 * The k3d program. What it reads from its environment (K3D_IMAGE_TOOLS and the like) reaches it; the kubeconfig that it
 * would write to is never the person's.
 */
import { stripVTControlCharacters } from 'node:util';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type CommandResult, tryCommand } from '../exec/run-command.ts';
import { CREATE_MS_MAX } from './cluster-plan.ts';

/** `version` and `kubeconfig get` ask nobody, or only docker. */
const LOOK_MS_MAX = 30_000;
/** Nodes that were stopped start one after the other. */
const START_S_MAX = 180;

/** How k3d is run: where it may write kubeconfigs, and when to stop. */
export interface K3dContext {
  kubeconfig: string;
  signal: AbortSignal;
}

/** @throws MexError where there is no k3d */
export async function requireK3d(context: K3dContext): Promise<void> {
  const result = await k3d(['version'], context, LOOK_MS_MAX);
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
  { kubeconfig, signal }: K3dContext,
): Promise<void> {
  const args = ['cluster', 'create', '--config', configFile, '--api-port', '127.0.0.1:random'];
  const options = { timeoutMs: CREATE_MS_MAX, signal, env: { KUBECONFIG: kubeconfig }, onStarted };
  expectOk('make the cluster', await tryCommand('k3d', args, options));
}

/** Only those of its nodes that do not run. */
export async function startCluster(name: string, context: K3dContext): Promise<void> {
  const args = ['cluster', 'start', name, '--wait', '--timeout', `${START_S_MAX}s`];
  expectOk(`start the cluster ${name}`, await k3d(args, context, (START_S_MAX + 30) * 1_000));
}

/** The text of a kubeconfig with that cluster alone. */
export async function kubeconfigOf(name: string, context: K3dContext): Promise<string> {
  const result = await k3d(['kubeconfig', 'get', name], context, LOOK_MS_MAX);
  return expectOk(`get the kubeconfig of ${name}`, result);
}

function k3d(args: readonly string[], { kubeconfig, signal }: K3dContext, timeoutMs: number): Promise<CommandResult> {
  return tryCommand('k3d', args, { timeoutMs, signal, env: { KUBECONFIG: kubeconfig } });
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
