/** One step of an eject: a write, or a wait. Plain data, so that it can be done, and printed as a kubectl line. */
import type { KubeObject, PatchOperation, Resource } from "../../domain/kube.ts";

export type EjectStep =
  | {
      readonly type: "mergePatch";
      readonly title: string;
      readonly resource: Resource;
      readonly name: string;
      readonly patch: object;
      /** Refused where the object has changed since it was looked at. */
      readonly resourceVersion?: string | undefined;
      readonly pauseMs?: number;
    }
  | {
      readonly type: "jsonPatch";
      readonly title: string;
      readonly resource: Resource;
      readonly name: string;
      readonly operations: readonly PatchOperation[];
      /** Until every client's proxy obeys, and requests on their way are answered. */
      readonly pauseMs?: number;
    }
  | { readonly type: "create"; readonly title: string; readonly resource: Resource; readonly object: KubeObject }
  | {
      readonly type: "delete";
      readonly title: string;
      readonly resource: Resource;
      readonly name: string;
      readonly uid: string | undefined;
    }
  | { readonly type: "wait"; readonly title: string; readonly until: WaitFor };

export type WaitFor = { readonly gone: readonly string[] } | { readonly ready: string };
