/**
 * What Serin asks of a kind of route. One entry per kind, registered in `index.ts` and proved by the contract suite:
 * what is read after a write is what was written, everything else stays byte for byte, a second write is empty.
 */
import type { ParentRef, PatchOperation, Resource, Route } from "../domain/kube.ts";

export interface Backends {
  /** Names of the two version Services. */
  readonly stable: string;
  readonly canary: string;
}

/** In the route's own units: whole numbers from 0 to 1,000,000. */
export interface Weights {
  readonly stable: number;
  readonly canary: number;
}

export interface RouteInput extends Backends {
  readonly rollout: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly name: string;
  /** The Service that clients call, and the port of it that is split. */
  readonly apex: string;
  readonly port: number;
  readonly weights: Weights;
}

export interface Split {
  readonly ok: true;
  /** Index of the one rule that splits between the two. */
  readonly rule: number;
  readonly weights: Weights;
  /** What the two weights come to together. */
  readonly total: number;
  /** The canary's part of `total`, in percent. */
  readonly percent: number;
}

export interface Refusal {
  readonly ok: false;
  readonly reason: string;
  readonly message: string;
}

export interface WriteOptions {
  /** For a raise: the patch fails where the route has changed since. */
  readonly resourceVersion?: string;
  /** The mark of a final cut, written or (null) taken off in the same patch; undefined leaves it as it is. */
  readonly cut?: string | null | undefined;
}

/** The parent as the route names it; status fills in what was left out. */
export type Parent = Required<Pick<ParentRef, "name" | "namespace" | "port">>;

export interface RouteKind {
  readonly kind: string;
  readonly resource: Resource;
  build(input: RouteInput): Route;
  read(route: Route, backends: Backends): Split | Refusal;
  /** Empty where the route says so already. Throws where `read` refuses the route or the weights are no split. */
  write(route: Route, backends: Backends, weights: Weights, options?: WriteOptions): PatchOperation[];
  /** What the mesh says about the route, without proof that it is in force. */
  accepted(route: Route, parent: Parent): { readonly ok: true } | Refusal;
}
