/**
 * What mex reads of objects: the fields that it uses, as they are in the JSON of the API. Everything else in an object is
 * kept as it came, and is sent back so.
 */

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [field: string]: unknown;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
}

/** A StatefulSet or a Deployment. */
export interface WorkloadObject extends KubeObject {
  spec: { replicas?: number; selector: { matchLabels?: Record<string, string> } };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
    /** Of a StatefulSet: the `controller-revision-hash` of the pods that are wanted. */
    updateRevision?: string;
    conditions?: Condition[];
  };
}

export interface ContainerStatus {
  name: string;
  image: string;
  ready: boolean;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { exitCode: number; signal?: number; reason?: string; message?: string };
}

export interface PodObject extends KubeObject {
  spec: {
    nodeName?: string;
    containers?: { name: string; image?: string; ports?: { name?: string; containerPort: number }[] }[];
    volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
  status: {
    phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    reason?: string;
    message?: string;
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface EventObject extends KubeObject {
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  /** Null in events of the newer interface, which have the other two. */
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count: number; lastObservedTime: string };
  involvedObject: { kind?: string; name?: string; uid?: string };
}

export interface JobObject extends KubeObject {
  status?: { active?: number; succeeded?: number; failed?: number; conditions?: Condition[] };
}

export interface NodeObject extends KubeObject {
  spec: { unschedulable?: boolean; providerID?: string };
  status: {
    conditions?: Condition[];
    nodeInfo?: { kubeletVersion: string };
    /** As quantities: `2`, `24689764Ki`. */
    capacity?: { cpu?: string; memory?: string };
  };
}

export interface ClaimObject extends KubeObject {
  spec: { storageClassName?: string };
  status?: { phase?: string };
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type);
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}
