/**
 * What `decide` reads and what it answers. Both are plain data: a snapshot of everything that one rollout depends on,
 * and a plan of writes in the order in which they are safe.
 */
import type { FieldError } from "../api/field-error.ts";
import type { Policy } from "../api/policy.ts";
import type { CanaryRolloutStatus } from "../api/status.ts";
import type {
  DeleteOptions,
  Deployment,
  EndpointSlice,
  HorizontalPodAutoscaler,
  KubeObject,
  PatchOperation,
  Pod,
  ReplicaSet,
  Resource,
  Route,
  Service,
  VerticalPodAutoscaler,
} from "../domain/kube.ts";
import type { Samples } from "../domain/samples.ts";

export interface RolloutObject extends KubeObject {
  readonly status?: CanaryRolloutStatus;
}

export type Spec = { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly errors: readonly FieldError[] };

export interface Observed {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly rollout: RolloutObject;
  readonly spec: Spec;
  readonly deployment: Deployment | undefined;
  /** Sets of the namespace that the Deployment controls or that carry this rollout's label. */
  readonly sets: readonly ReplicaSet[];
  /** Pods under the Deployment's selector; undefined until they are watched and listed once. */
  readonly pods: readonly Pod[] | undefined;
  readonly services: ServiceTrio;
  readonly slices: readonly EndpointSlice[];
  readonly route: Route | undefined;
  /** Routes of any kind and namespace on the apex Service, this one left out. */
  readonly otherRoutes: readonly Route[];
  /** Objects of others under the names that this release needs: `Service/checkout-stable`. */
  readonly taken: readonly string[];
  /** Deployments of the namespace, the target left out. */
  readonly otherDeployments: readonly Deployment[];
  /** Of the target. */
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  readonly verticalAutoscalers: readonly VerticalPodAutoscaler[];
  /** The oldest other rollout on the same target, if it is older than this one. */
  readonly olderRival: string | undefined;
  readonly samples: Samples;
  /** Is the kind of route that Serin writes served here? */
  readonly routeKindServed: boolean;
  /** The API server pauses an adopted Deployment when its template changes. */
  readonly freezesOnChange: boolean;
  /** The last write that the API server forbade, until one of its kind succeeds. */
  readonly forbidden: Forbidden | undefined;
  /** The CRD is older than this controller. */
  readonly pruned: Pruned | undefined;
  /** Milliseconds since the epoch of this controller's last status writes for this rollout. */
  readonly statusWrites: readonly number[];
}

/** A field of the status that the API server dropped, and when. */
export interface Pruned {
  readonly field: string;
  readonly at: number;
}

export interface ServiceTrio {
  readonly apex: Service | undefined;
  readonly stable: Service | undefined;
  readonly canary: Service | undefined;
}

export interface Forbidden {
  readonly verb: string;
  readonly resource: string;
  readonly message: string;
}

/** One write. `why` is said in logs and in the golden stories. */
export type Action =
  | { readonly type: "create"; readonly resource: Resource; readonly object: KubeObject; readonly why: string }
  | { readonly type: "mergePatch"; readonly resource: Resource; readonly name: string; readonly patch: object; readonly why: string }
  | {
      readonly type: "jsonPatch";
      readonly resource: Resource;
      readonly name: string;
      readonly operations: readonly PatchOperation[];
      readonly why: string;
    }
  | {
      readonly type: "delete";
      readonly resource: Resource;
      readonly name: string;
      readonly options: DeleteOptions;
      readonly why: string;
    }
  | LowerWeight
  | HandOver;

/** Weights down, guarded by the backends' names alone; on a conflict the route is read live and the patch made again. */
export interface LowerWeight {
  readonly type: "lowerWeight";
  readonly kind: string;
  readonly route: string;
  readonly backends: { readonly stable: string; readonly canary: string };
  /** The patch for the route as it was observed. */
  readonly operations: readonly PatchOperation[];
  /** Percent that the canary may keep. */
  readonly percent: number;
  /** Set where weight 0 is final: `<revision>/<attempt>`. */
  readonly cut: string | undefined;
  /** What else lowers exposure where routes may not be written, in this order. */
  readonly otherwise: readonly Action[];
  readonly why: string;
}

/** The point of no return: the Deployment is read live, and its size, the old set's and the trial's must be equal. */
export interface HandOver {
  readonly type: "handOver";
  readonly deployment: string;
  readonly stable: string;
  readonly trial: string;
  readonly revision: string;
  readonly why: string;
}

export interface PlanEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
  /** Also on the target, which is what people describe. */
  readonly onTarget: boolean;
  /** Names the transition, so that it is told once: revision, attempt, step. */
  readonly id: string;
}

export interface Plan {
  /** To be stored before anything is raised; undefined where its meaning has not changed. */
  readonly status: CanaryRolloutStatus | undefined;
  /** The status as it would read now, for telemetry and logs. */
  readonly view: CanaryRolloutStatus;
  readonly lower: readonly Action[];
  readonly raise: readonly Action[];
  readonly events: readonly PlanEvent[];
  /** Milliseconds since the epoch: when time alone changes the decision. */
  readonly wakeAt: number | undefined;
  readonly why: readonly string[];
}
