/** The part of Linkerd's policy controller that writes route status: a moment after a route, or what it names, has changed. */
import type { Clock } from "../../domain/clock.ts";
import { keyOf, RESOURCES, type Route } from "../../domain/kube.ts";
import { routeStatus } from "../../sim/mesh/route-status.ts";
import { type ApiAccess, createAsk, pathOf } from "../api-access.ts";
import type { Directory } from "./directory.ts";

export interface PolicyControllerOptions extends ApiAccess {
  readonly directory: Pick<Directory, "httpRoutes" | "grpcRoutes" | "findService">;
  readonly clock: Clock;
}

export const POLICY_CONTROLLER_AGENT = "linkerd-policy-controller (stand-in)";

/** Looks at all routes; whoever hears of a change calls it. */
export function createPolicyController({ directory, clock, ...access }: PolicyControllerOptions): { refresh(): void } {
  const ask = createAsk(access, POLICY_CONTROLLER_AGENT);
  const busy = new Set<string>();
  /** Something changed while its status was being written. */
  const again = new Set<string>();

  async function write(route: Route): Promise<void> {
    const { namespace, name } = route.metadata;
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const parents = routeStatus(route, directory.findService, directory.grpcRoutes(), now);
    if (parents === undefined) return;
    const answer = await ask(`${pathOf(RESOURCES.httpRoutes, namespace, name)}/status`, {
      method: "PATCH",
      query: { fieldManager: "linkerd.io/policy-controller" },
      body: { status: { parents } },
    });
    await answer.body.dump();
  }

  function look(route: Route): void {
    const key = keyOf(route);
    if (busy.has(key)) {
      again.add(key);
      return;
    }
    busy.add(key);
    void write(route)
      .catch(() => undefined)
      .finally(() => {
        busy.delete(key);
        const newest = directory.httpRoutes().find((other) => keyOf(other) === key);
        if (again.delete(key) && newest !== undefined) look(newest);
      });
  }

  return {
    refresh() {
      for (const route of directory.httpRoutes()) look(route);
    },
  };
}
