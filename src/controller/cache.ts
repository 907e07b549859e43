/** What a reconcile may look at: stores in the controller, the model's own storage in simulations. */
import type { KubeObject, Pod, ResourceName, Route } from "../domain/kube.ts";

export interface Cache {
  get(resource: ResourceName, namespace: string, name: string): KubeObject | undefined;
  list(resource: ResourceName, namespace: string): readonly KubeObject[];
  /** Those that have to do with a Deployment, a Service, or a rollout by their label, whichever namespace they are in. */
  concerning(resource: ResourceName, kind: "Deployment" | "Service" | "Rollout", namespace: string, name: string): readonly KubeObject[];
  /** Routes of every kind and namespace that name this Service as a parent. */
  routesOn(namespace: string, service: string): readonly Route[];
  /** Pods under the selector of a Deployment, watched for this rollout from the first call; undefined until listed once. */
  pods(rollout: string, namespace: string, labels: Readonly<Record<string, string>>): readonly Pod[] | undefined;
  /** The rollout needs no pods any more. */
  releasePods(rollout: string): void;
  /** Is the kind served here? */
  serves(resource: ResourceName): boolean;
  /** Is the admission policy that freezes on change in force? */
  freezesOnChange(): boolean;
  /** Read your own writes. */
  put(resource: ResourceName, object: KubeObject): void;
  /** And your own deletions: the object of this uid is gone. */
  drop(resource: ResourceName, namespace: string, name: string, uid: string): void;
}
