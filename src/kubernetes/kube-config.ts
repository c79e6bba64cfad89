/**
 * Access to one cluster, by the name of a context: its address, a way to connect, headers that say who asks.
 *
 * mex's own cluster has a kubeconfig file of its own. For any other the person's is read, as kubectl reads it (KUBECONFIG,
 * or `~/.kube/config`), and only the context that was named; no file is ever written, and the current context plays no
 * part. Programs that a context names to log in (EKS, OKE) are run, as kubectl runs them.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { EXIT } from '../errors/exit-codes.ts';
import { MexError, messageOf } from '../errors/mex-error.ts';

export interface ClusterRef {
  context: string;
  /** The file that has the context. Absent: the person's own. */
  kubeconfig?: string | undefined;
}

export interface Credentials {
  headers: Record<string, string>;
  /** Holds certificates and connections. */
  dispatcher: Dispatcher;
}

export interface ClusterAccess {
  ref: ClusterRef;
  server: string;
  /** Asks for credentials; a program that makes them is run again when they have expired. */
  authorize(): Promise<Credentials>;
}

/** What the library makes up where there is no kubeconfig at all. */
const NO_FILE_CONTEXT = 'loaded-context';

/** @throws MexError when the file cannot be read or has no such context. */
export async function accessCluster(ref: ClusterRef): Promise<ClusterAccess> {
  const config = await readKubeConfig(ref);
  const names = config
    .getContexts()
    .map(({ name }) => name)
    .filter((name) => name !== NO_FILE_CONTEXT);
  if (!names.includes(ref.context)) throw unknownContext(ref, names);
  config.setCurrentContext(ref.context);
  const server = config.getCurrentCluster()?.server.replace(/\/$/, '');
  if (server === undefined) throw broken(ref, 'it names a cluster that is not in the file');
  return { ref, server, authorize: () => authorize(config, ref, server) };
}

/** The beginning of a kubectl command for this cluster, for a person to paste. */
export function kubectlFor({ context, kubeconfig }: ClusterRef): string {
  return `kubectl ${kubeconfig === undefined ? '' : `--kubeconfig ${kubeconfig} `}--context ${context}`;
}

async function readKubeConfig(ref: ClusterRef): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (ref.kubeconfig !== undefined) config.loadFromFile(ref.kubeconfig);
    else config.loadFromDefault();
  } catch (cause) {
    throw broken(ref, messageOf(cause), cause);
  }
  return config;
}

async function authorize(config: KubeConfig, ref: ClusterRef, server: string): Promise<Credentials> {
  const [{ RequestContext, HttpMethod }, { Agent }] = await Promise.all([
    import('@kubernetes/client-node'),
    import('undici'),
  ]);
  const context = new RequestContext(server, HttpMethod.GET);
  try {
    await config.applySecurityAuthentication(context);
  } catch (cause) {
    throw new MexError(`Could not log in to the cluster of context "${ref.context}": ${messageOf(cause)}`, {
      code: 'CONTEXT_LOGIN',
      exit: EXIT.environment,
      suggestion: `Try: ${kubectlFor(ref)} get nodes`,
      cause,
    });
  }
  // A server without TLS is given no dispatcher.
  return { headers: { ...context.getHeaders() }, dispatcher: context.getDispatcher() ?? new Agent() };
}

function unknownContext({ context, kubeconfig }: ClusterRef, names: readonly string[]): MexError {
  const place = kubeconfig ?? 'your kubeconfig';
  return new MexError(`There is no context "${context}" in ${place}`, {
    code: 'UNKNOWN_CONTEXT',
    exit: EXIT.environment,
    suggestion: names.length === 0 ? 'It has none at all.' : `There are: ${names.join(', ')}.`,
  });
}

function broken({ context, kubeconfig }: ClusterRef, why: string, cause?: unknown): MexError {
  return new MexError(`Could not read context "${context}" of ${kubeconfig ?? 'your kubeconfig'}: ${why}`, {
    code: 'KUBECONFIG_UNREADABLE',
    exit: EXIT.environment,
    suggestion: 'See: kubectl config get-contexts',
    cause,
  });
}
