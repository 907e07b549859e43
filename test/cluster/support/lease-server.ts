/** One Lease on an API server that can hang, fail, and lose an answer. On virtual time. */
import type { Clock } from "../../../src/domain/clock.ts";
import { ApiError, type KubeObject, RESOURCES, type Verbs } from "../../../src/domain/kube.ts";

export interface LeaseServer {
  lease: KubeObject | undefined;
  /** `hang`: no answer, nothing done; `lose`: done, no answer; `fail`: 500; `forbid`: 403; `no namespace`: 404 to everything. */
  mode: "answer" | "hang" | "lose" | "fail" | "forbid" | "no namespace";
  latencyMs: number;
  readonly requests: string[];
  /** The lease as one process's verbs. */
  verbsFor(clock: Clock): Pick<Verbs, "get" | "create" | "mergePatch">;
  holder(): unknown;
}

export function createLeaseServer(): LeaseServer {
  let version = 0;

  function store(object: KubeObject): KubeObject {
    version += 1;
    const { acquireTime, renewTime } = object["spec"] as Record<string, unknown>;
    for (const time of [acquireTime, renewTime]) {
      if (time !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(time))) throw error("invalid", 400, "BadRequest");
    }
    server.lease = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    return server.lease;
  }

  async function exchange(clock: Clock, verb: string, signal: AbortSignal | undefined, act: () => KubeObject): Promise<KubeObject> {
    server.requests.push(verb);
    const never = () => new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
    if (server.mode === "hang") return never();
    if (server.mode === "fail") throw error("retry", 500, "InternalError");
    if (server.mode === "forbid") throw error("stalled", 403, "Forbidden");
    if (server.mode === "no namespace") throw error("gone", 404, "NotFound");
    const answer = act();
    if (server.mode === "lose") return never();
    if (server.latencyMs > 0) await clock.sleep(server.latencyMs, signal);
    return answer;
  }

  const server: LeaseServer = {
    lease: undefined,
    mode: "answer",
    latencyMs: 0,
    requests: [],
    holder: () => (server.lease?.["spec"] as Record<string, unknown> | undefined)?.["holderIdentity"],
    verbsFor: (clock) => ({
      get: (_resource, _namespace, _name, signal) =>
        exchange(clock, "get", signal, () => {
          if (server.lease === undefined) throw error("gone", 404, "NotFound");
          return server.lease;
        }),
      create: (_resource, object, signal) =>
        exchange(clock, "create", signal, () => {
          if (server.lease !== undefined) throw error("conflict", 409, "AlreadyExists");
          return store(object);
        }),
      mergePatch: (_resource, _namespace, _name, patch, signal) =>
        exchange(clock, "patch", signal, () => {
          const { lease } = server;
          const change = patch as { metadata: { resourceVersion: string }; spec: Record<string, unknown> };
          if (lease === undefined) throw error("gone", 404, "NotFound");
          if (lease.metadata.resourceVersion !== change.metadata.resourceVersion) throw error("conflict", 409, "Conflict");
          return store({ ...lease, spec: { ...(lease["spec"] as object), ...change.spec } });
        }),
    }),
  };
  return server;
}

function error(kind: ApiError["kind"], status: number, reason: string): ApiError {
  return new ApiError({ kind, status, reason, message: reason, verb: "patch", resource: RESOURCES.leases });
}
