/** A process that takes the broker away and holds it: `node fault-holder.ts CONTEXT KUBECONFIG`, to be killed. */
import { KubeCluster } from '../../../src/kubernetes/kube-cluster.ts';
import { beginClusterFault } from '../../../src/targets/kubernetes/broker-fault.ts';

const [context = '', kubeconfig = ''] = process.argv.slice(2);
const cluster = await KubeCluster.open({ context, kubeconfig });
await beginClusterFault('refused', { cluster }, new AbortController().signal);
process.send?.('away');
