/**
 * Kubernetes objects as plain JSON, and the few verbs that change them.
 *
 * Objects are never decoded into generated types: those drop the fields that they don't know. Whoever needs a part
 * declares a narrow view of it (`Deployment`, `ReplicaSet` ... below) and leaves the rest as it came.
 */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly managedFields?: readonly ManagedFields[];
}

export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
  readonly observedGeneration?: number;
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly ContainerPort[];
  readonly [field: string]: unknown;
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly [field: string]: unknown;
  };
}

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly unavailableReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface ReplicaSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string; readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly message?: string; readonly exitCode?: number };
  };
  readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode?: number } };
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly nodePort?: number;
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalName?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
    readonly trafficDistribution?: string;
    readonly internalTrafficPolicy?: string;
  };
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
    readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string; readonly uid?: string };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly weight?: number;
}

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly sectionName?: string;
}

export interface Route extends KubeObject {
  readonly spec: {
    readonly parentRefs?: readonly ParentRef[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly {
      readonly name?: string;
      readonly matches?: readonly unknown[];
      readonly filters?: readonly { readonly type: string }[];
      readonly backendRefs?: readonly BackendRef[];
    }[];
  };
  readonly status?: {
    readonly parents?: readonly {
      readonly parentRef: ParentRef;
      readonly controllerName: string;
      readonly conditions?: readonly Condition[];
    }[];
  };
}

interface MetricSource {
  readonly metric?: { readonly name?: string };
  readonly target?: { readonly type?: string };
}

/** What an autoscaler scales. */
export interface ScaleTarget {
  readonly kind?: string;
  readonly name?: string;
}

export interface HorizontalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef?: ScaleTarget;
    readonly metrics?: readonly { readonly type?: string; readonly object?: MetricSource; readonly external?: MetricSource }[];
  };
}

export interface VerticalPodAutoscaler extends KubeObject {
  readonly spec: { readonly targetRef?: ScaleTarget; readonly updatePolicy?: { readonly updateMode?: string } };
}

/** Where objects of one kind live: `/apis/<group>/<version>/namespaces/<ns>/<plural>` (`/api/v1/...` for the core group ""). */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

export const RESOURCES = {
  canaryRollouts: { group: "serin.dev", version: "v1alpha1", plural: "canaryrollouts", kind: "CanaryRollout" },
  deployments: { group: "apps", version: "v1", plural: "deployments", kind: "Deployment" },
  replicaSets: { group: "apps", version: "v1", plural: "replicasets", kind: "ReplicaSet" },
  pods: { group: "", version: "v1", plural: "pods", kind: "Pod" },
  services: { group: "", version: "v1", plural: "services", kind: "Service" },
  endpointSlices: { group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice" },
  httpRoutes: { group: "gateway.networking.k8s.io", version: "v1", plural: "httproutes", kind: "HTTPRoute" },
  grpcRoutes: { group: "gateway.networking.k8s.io", version: "v1", plural: "grpcroutes", kind: "GRPCRoute" },
  horizontalPodAutoscalers: { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler" },
  verticalPodAutoscalers: { group: "autoscaling.k8s.io", version: "v1", plural: "verticalpodautoscalers", kind: "VerticalPodAutoscaler" },
  events: { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event" },
  leases: { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease" },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof RESOURCES;

/** One operation of RFC 6902. Paths are JSON Pointers. */
export type PatchOperation =
  | { readonly op: "test" | "add" | "replace"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: "Background" | "Foreground" | "Orphan";
}

/**
 * Everything that Serin asks of the API server besides its watches. Each call answers with the object as the server
 * now has it, or throws an `ApiError`. Implemented over HTTP by `cluster/` and over a model by `sim/`.
 */
export interface Verbs {
  get(resource: Resource, namespace: string, name: string, signal?: AbortSignal): Promise<KubeObject>;
  create(resource: Resource, object: KubeObject, signal?: AbortSignal): Promise<KubeObject>;
  /** RFC 7386. A precondition goes into the patch as `metadata.resourceVersion` (409 where it does not hold). */
  mergePatch(resource: Resource, namespace: string, name: string, patch: object, signal?: AbortSignal): Promise<KubeObject>;
  /** RFC 6902. A failed `test` answers 422. */
  jsonPatch(
    resource: Resource,
    namespace: string,
    name: string,
    operations: readonly PatchOperation[],
    signal?: AbortSignal,
  ): Promise<KubeObject>;
  /** Merge patch of the status subresource. */
  patchStatus(resource: Resource, namespace: string, name: string, patch: object, signal?: AbortSignal): Promise<KubeObject>;
  /** True: it is gone. False: it is marked, and waits for its finalizers or its grace period. */
  delete(resource: Resource, namespace: string, name: string, options: DeleteOptions, signal?: AbortSignal): Promise<boolean>;
}

/**
 * What went wrong, by what to do next:
 * `retry` with backoff (5xx, network, 401 after a fresh token, an answer that is no object), `wait` a known time (429, 503 with
 * Retry-After), `stalled` a person must act (403), `conflict` observe again (409, 422 of a failed test), `gone` (404, 410),
 * `invalid` the server refuses this body (400, 422 with causes), `fenced` this process no longer holds the lease.
 */
export type ApiErrorKind = "retry" | "wait" | "stalled" | "conflict" | "gone" | "invalid" | "fenced";

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly kind: ApiErrorKind;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** `reason` of the answered Status, for example AlreadyExists. */
  readonly reason: string;
  readonly verb: string;
  readonly resource: Resource;
  readonly retryAfterMs: number | undefined;

  constructor(init: {
    kind: ApiErrorKind;
    status: number;
    reason: string;
    message: string;
    verb: string;
    resource: Resource;
    retryAfterMs?: number;
    cause?: unknown;
  }) {
    super(init.message, { cause: init.cause });
    this.kind = init.kind;
    this.status = init.status;
    this.reason = init.reason;
    this.verb = init.verb;
    this.resource = init.resource;
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** The key of a namespaced object in stores, queues and logs: `namespace/name`. */
export function keyOf(object: { readonly metadata: ObjectMeta }): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}
