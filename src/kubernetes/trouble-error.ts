/** A trouble as a person is told it: what was waited for, what stands in its way, what to do next. */
import { EXIT } from '../errors/exit-codes.ts';
import { MexError } from '../errors/mex-error.ts';
import { type ClusterRef, kubectlFor } from './kube-config.ts';
import type { Trouble, TroubleKind } from './pod-trouble.ts';

interface Wording {
  code: string;
  /** Between the pod and what the cluster says of it. */
  words: string;
  advice: string;
}

const WORDINGS: Readonly<Record<TroubleKind, Wording>> = {
  image: {
    code: 'IMAGE_MISSING',
    words: 'cannot get its image',
    advice:
      "mex's own comes there by mex image load, or by mex image push --registry HOST/REPOSITORY; " +
      'one that nodes cannot pull, by docker pull here and mex cluster up',
  },
  crash: { code: 'CRASH_LOOP', words: 'does not stay up', advice: 'Its log says more' },
  config: { code: 'CONTAINER_CONFIG', words: 'cannot be started', advice: 'Correct its manifest or what it refers to' },
  unschedulable: {
    code: 'UNSCHEDULABLE',
    words: 'fits on no node',
    advice: 'Free CPU and memory of the nodes, add one, or ask for less',
  },
  volume: {
    code: 'VOLUME_PENDING',
    words: 'gets no volume',
    advice: 'See which storage classes there are, and whether their provisioner runs',
  },
  refused: {
    code: 'POD_REFUSED',
    words: 'no pod could be made',
    advice: 'A quota, or the Pod Security standard of the namespace, forbids it: correct the manifest or the quota',
  },
  failed: { code: 'POD_FAILED', words: 'failed', advice: 'Its events say more' },
};

/** @param what is waited for: `StatefulSet matching-engine/engine-a`; @param logLines the last ones, where there are any. */
export function troubleError(
  ref: ClusterRef,
  waitedFor: { what: string; namespace: string },
  trouble: Trouble,
  logLines: readonly string[] = [],
): MexError {
  const { code, words, advice } = WORDINGS[trouble.kind];
  const container = trouble.container === undefined ? '' : `, container ${trouble.container},`;
  const who = trouble.pod === undefined ? '' : `pod ${trouble.pod}${container} `;
  const log = logLines.length === 0 ? '' : `. Its last words:\n${logLines.map((line) => `  ${line}`).join('\n')}\n`;
  return new MexError(`${waitedFor.what}: ${who}${words}: ${trouble.what}${log}`, {
    code,
    exit: EXIT.environment,
    suggestion: `${advice}. See: ${lookAt(ref, waitedFor.namespace, trouble)}`,
  });
}

function lookAt(ref: ClusterRef, namespace: string, { kind, pod, container }: Trouble): string {
  const kubectl = `${kubectlFor(ref)} -n ${namespace}`;
  if (kind === 'unschedulable') return `${kubectlFor(ref)} describe nodes`;
  if (kind === 'volume') return `${kubectl} get storageclasses,persistentvolumeclaims`;
  if (pod === undefined) return `${kubectl} get events`;
  if (kind === 'crash') return `${kubectl} logs ${pod} -c ${container} --previous`;
  return `${kubectl} describe pod ${pod}`;
}
