/** Small things to run in a cluster, each with one flaw where that is asked for. */
import { POD_IMAGE } from '../real-k3d.ts';

export interface Flaw {
  image?: string;
  program?: string;
  cpu?: string;
  storageClass?: string;
  restricted?: boolean;
}

const SERVER = 'require("http").createServer((q, r) => r.end("ok")).listen(8080, () => console.log("listening"))';
const RESTRICTED_POD = '{runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}';
const RESTRICTED_CONTAINER = '{allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}';

/** A namespace that admits restricted pods only, and what else the others need. Ends where another document may begin. */
export const STAGE = `
apiVersion: v1
kind: Namespace
metadata: {name: matching-engine, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Service
metadata: {name: good, namespace: matching-engine}
spec: {type: NodePort, selector: {app: good}, ports: [{port: 8080, nodePort: 30080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shards, namespace: matching-engine}
spec: {podSelector: {matchLabels: {app: shard}}, ingress: [{from: [{podSelector: {matchLabels: {app: gateway}}}]}]}
---
`;

export function setManifest(name: string, flaw: Flaw = {}): string {
  const { image = POD_IMAGE, program = SERVER, cpu = '10m', storageClass, restricted = true } = flaw;
  return `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${name}, namespace: matching-engine}
spec:
  serviceName: ${name}
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: ${restricted ? RESTRICTED_POD : '{}'}
      containers:
        - name: main
          image: ${image}
          imagePullPolicy: IfNotPresent
          command: [node, -e, ${JSON.stringify(program)}]
          resources: {requests: {cpu: ${cpu}, memory: 32Mi}}
          securityContext: ${RESTRICTED_CONTAINER}
          readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 16Mi}}
        ${storageClass === undefined ? '' : `storageClassName: ${storageClass}`}
`;
}

export function jobManifest(name: string, exitCode: number): string {
  const lines = 'for (let n = 0; n < 20000; n++) console.log("line " + n);';
  const program = `${lines} setTimeout(() => { console.log("end"); process.exitCode = ${exitCode}; }, 1000)`;
  return `
apiVersion: batch/v1
kind: Job
metadata: {name: ${name}, namespace: matching-engine}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      securityContext: ${RESTRICTED_POD}
      containers:
        - name: main
          image: ${POD_IMAGE}
          imagePullPolicy: IfNotPresent
          command: [node, -e, ${JSON.stringify(program)}]
          securityContext: ${RESTRICTED_CONTAINER}
`;
}
