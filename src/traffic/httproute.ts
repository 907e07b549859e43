/** HTTPRoute of the Gateway API, attached to a Service (GAMMA): the form that meshes obey. */
import { API_VERSION, MANAGED_BY, ROLE } from "../api/marks.ts";
import { RESOURCES, type Route } from "../domain/kube.ts";
import { routeAccepted } from "./accepted.ts";
import type { RouteInput, RouteKind } from "./route-kind.ts";
import { readSplit, writeSplit } from "./weighted-rule.ts";

const { group, version, kind } = RESOURCES.httpRoutes;

export const httpRoute: RouteKind = {
  kind,
  resource: RESOURCES.httpRoutes,
  build,
  read: readSplit,
  write: writeSplit,
  accepted: routeAccepted,
};

function build({ rollout, name, apex, port, stable, canary, weights }: RouteInput): Route {
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name,
      namespace: rollout.namespace,
      labels: { [MANAGED_BY]: rollout.name, [ROLE]: "route" },
      ownerReferences: [{ apiVersion: API_VERSION, kind: "CanaryRollout", name: rollout.name, uid: rollout.uid, controller: true }],
    },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: apex, port }],
      rules: [
        {
          name: "serin",
          backendRefs: [
            { name: stable, port, weight: weights.stable },
            { name: canary, port, weight: weights.canary },
          ],
        },
      ],
    },
  };
}
