/** Writes the status of routes as the mesh's policy controller does, 0.1 s after a change. */
import type { Clock } from "../../domain/clock.ts";
import { type KubeObject, RESOURCES, type Route, type Service } from "../../domain/kube.ts";
import type { KubeStore } from "../kube/store.ts";
import { routeStatus } from "../mesh/route-status.ts";

const DELAY_MS = 100;

export function acceptRoutes(store: KubeStore, clock: Clock): void {
  const findService = (namespace: string, name: string) => store.find(RESOURCES.services, namespace, name) as Service | undefined;

  function look({ metadata: { namespace = "", name } }: KubeObject): void {
    clock.schedule(DELAY_MS, () => {
      const route = store.find(RESOURCES.httpRoutes, namespace, name) as Route | undefined;
      const parents =
        route &&
        routeStatus(route, findService, store.list(RESOURCES.grpcRoutes).items as readonly Route[], new Date(clock.now()).toISOString());
      if (parents !== undefined) {
        store.patch(RESOURCES.httpRoutes, namespace, name, { type: "merge", body: { status: { parents } } }, { subresource: "status" });
      }
    });
  }

  store.subscribe(({ resource, object, type }) => {
    if (resource.plural === RESOURCES.httpRoutes.plural && type !== "DELETED") {
      look(object);
    }
  });
  store.onRewind(() => store.list(RESOURCES.httpRoutes).items.forEach(look));
}
