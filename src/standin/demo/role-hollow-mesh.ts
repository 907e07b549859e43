/** A process for measurements: a mesh without proxies, and the Prometheus that scrapes it. */
import { systemClock } from "../../domain/clock.ts";
import type { ApiAccess } from "../api-access.ts";
import { type Cut, type HollowMesh, startHollowMesh } from "../hollow/mesh.ts";
import { type HollowPrometheus, startHollowPrometheus } from "../hollow/prometheus.ts";

export interface HollowMeshStart {
  readonly access: ApiAccess;
  /** To each application. */
  readonly requestsPerSecond: number;
  readonly scrapeMs: number;
}

export function hollowMeshRole() {
  let mesh: HollowMesh | undefined;
  let prometheus: HollowPrometheus | undefined;
  const forever = new AbortController().signal;
  return {
    async start({ access, requestsPerSecond, scrapeMs }: HollowMeshStart) {
      mesh = startHollowMesh({ access, clock: systemClock, requestsPerSecond, scrapeMs }, forever);
      await mesh.synced;
      prometheus = await startHollowPrometheus(mesh, forever);
      return { url: prometheus.url };
    },
    counts: () => ({ queries: 0, samples: 0, ...prometheus?.counts }),
    cuts: (): readonly Cut[] => mesh?.cuts() ?? [],
  };
}
