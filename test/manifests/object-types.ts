/**
 * What tests read of rendered objects. The fields of several kinds in one type, as if each object had them all: whether one
 * has what it should is what the tests are about.
 */

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  spec: Spec;
  data?: Record<string, string>;
  parameters?: Record<string, string>;
  automountServiceAccountToken?: boolean;
  rules?: object[];
  roleRef?: object;
  subjects?: object[];
  /** Of a List. */
  items?: object[];
}

export interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Spec {
  /** Of workloads and budgets; that of a Service is its `matchLabels` alone. */
  selector: Selector;
  template: { metadata: { labels: Record<string, string>; annotations?: Record<string, string> }; spec: Pod };
  serviceName: string;
  volumeClaimTemplates?: { metadata: Metadata; spec: { accessModes: string[]; storageClassName?: string } }[];
  persistentVolumeClaimRetentionPolicy?: object;
  minAvailable: number;
  type: string;
  clusterIP?: string;
  publishNotReadyAddresses?: boolean;
  ports: { name: string; port: number; targetPort: string; nodePort?: number }[];
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

export interface Rule {
  ports?: { port?: number | string; protocol?: string }[];
  from?: PeerRule[];
  to?: PeerRule[];
}

export interface PeerRule {
  podSelector?: Selector;
  namespaceSelector?: Selector;
}

export interface Pod {
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  shareProcessNamespace?: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: { runAsUser: number; runAsGroup: number; fsGroup?: number };
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  nodeSelector?: Record<string, string>;
  initContainers?: Container[];
  containers: Container[];
  volumes?: { name: string; emptyDir?: { sizeLimit?: string }; configMap?: { name: string } }[];
}

export interface Container {
  name: string;
  image: string;
  imagePullPolicy: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: SecretKey } }[];
  ports?: { name: string; containerPort: number; hostPort?: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  securityContext: object;
  volumeMounts?: { name: string; mountPath: string }[];
}

export interface SecretKey {
  name: string;
  key: string;
  optional?: boolean;
}

export interface Probe {
  httpGet?: { path: string; port: string };
  tcpSocket?: { port: string };
  timeoutSeconds?: number;
}
