/** One pass over a Service: reads its pods and slices, carries the plan out. Services without a selector are somebody else's. */
import { RESOURCES } from "../../../../domain/kube.ts";
import type { KubeStore } from "../../store.ts";
import { isBeingDeleted, type LivePod, type LiveService } from "../objects.ts";
import { carryOut } from "../writes.ts";
import { type LiveSlice, MANAGED_BY, MANAGED_BY_LABEL, reconcileService, SERVICE_LABEL } from "./reconcile.ts";

export function passService(store: KubeStore, namespace: string, name: string, now: number): undefined {
  const service = store.find(RESOURCES.services, namespace, name) as LiveService | undefined;
  if (service === undefined || isBeingDeleted(service) || !selects(service)) {
    return;
  }
  const pods = store.list(RESOURCES.pods, { namespace, labelSelector: { matchLabels: service.spec.selector ?? {} } })
    .items as readonly LivePod[];
  const labelSelector = { matchLabels: { [SERVICE_LABEL]: name, [MANAGED_BY_LABEL]: MANAGED_BY } };
  const slices = store.list(RESOURCES.endpointSlices, { namespace, labelSelector }).items as readonly LiveSlice[];
  carryOut(
    store,
    reconcileService(
      service,
      pods,
      slices.filter((slice) => !isBeingDeleted(slice)),
      now,
    ),
  );
}

export function selects({ spec }: LiveService): boolean {
  return spec.type !== "ExternalName" && Object.keys(spec.selector ?? {}).length > 0;
}
