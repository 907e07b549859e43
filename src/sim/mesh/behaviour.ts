/**
 * What a stand-in application does, told by its pod: the version is its image's tag, the rest comes from environment
 * variables of its container.
 *
 * LATENCY_MS ("20"): the middle of its answers' latency. FAIL_RATE ("0.3"): that part of them is a 500, from FAIL_AFTER ("20s")
 * after its start on. STARTUP_MS ("200"): until then nobody listens. PROXY_ADMIN_PORT: the local port on which another process
 * serves this pod's proxy metrics (the load generator's).
 */
import { parseDuration } from "../../domain/duration.ts";
import type { Container, Pod } from "../../domain/kube.ts";
import { PROXY_CONTAINER } from "./inject.ts";

export interface Behaviour {
  readonly version: string;
  readonly latencyMs: number;
  readonly failRate: number;
  readonly failAfterMs: number;
  readonly startupMs: number;
  readonly proxyAdminPort: number | undefined;
}

export function behaviourOf(pod: Pod): Behaviour {
  const container = pod.spec.containers.find(({ name }) => name !== PROXY_CONTAINER);
  const env = environmentOf(container);
  return {
    version: versionOf(container?.image ?? ""),
    latencyMs: numberOr(env["LATENCY_MS"], 5),
    failRate: numberOr(env["FAIL_RATE"], 0),
    failAfterMs: env["FAIL_AFTER"] === undefined ? 0 : (parseDuration(env["FAIL_AFTER"]) ?? 0),
    startupMs: numberOr(env["STARTUP_MS"], 200),
    proxyAdminPort: numberOr(env["PROXY_ADMIN_PORT"], 0) || undefined,
  };
}

export interface Outcome {
  readonly status: number;
  readonly latencyMs: number;
}

/** One answer, `ageMs` after the start. */
export function answerOf({ latencyMs, failRate, failAfterMs }: Behaviour, ageMs: number, random: () => number): Outcome {
  const fails = ageMs >= failAfterMs && random() < failRate;
  return { status: fails ? 500 : 200, latencyMs: latencyMs * (0.5 + random()) };
}

function versionOf(image: string): string {
  return /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1] ?? "latest";
}

function environmentOf(container: Container | undefined): Record<string, string> {
  const entries = (container?.["env"] ?? []) as readonly { readonly name: string; readonly value?: string }[];
  return Object.fromEntries(entries.map(({ name, value }) => [name, value ?? ""]));
}

function numberOr(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text === undefined || text === "" || !Number.isFinite(value) ? otherwise : value;
}
