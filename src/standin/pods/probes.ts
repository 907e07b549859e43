/** The HTTP probes that a pod declares, native sidecars included. */
import type { Container, Pod } from "../../domain/kube.ts";

export interface HttpProbe {
  readonly kind: "readiness" | "liveness" | "startup";
  readonly container: string;
  readonly port: number;
  readonly path: string;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly failureThreshold: number;
}

interface ProbeSpec {
  readonly httpGet?: { readonly path?: string; readonly port: number | string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

const KINDS = ["readiness", "liveness", "startup"] as const;

export function probesOf(pod: Pod): HttpProbe[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap((container) =>
    KINDS.flatMap((kind) => probeOf(kind, container)),
  );
}

/** Paths that probes ask for on that port: the proxy counts them apart. */
export function probePathsOf(pod: Pod, port: number): ReadonlySet<string> {
  return new Set(
    probesOf(pod)
      .filter((probe) => probe.port === port)
      .map(({ path }) => path),
  );
}

function probeOf(kind: HttpProbe["kind"], container: Container): HttpProbe[] {
  const spec = container[`${kind}Probe`] as ProbeSpec | undefined;
  const port = portOf(spec?.httpGet?.port, container);
  if (spec?.httpGet === undefined || port === undefined) return [];
  return [
    {
      kind,
      container: container.name,
      port,
      path: spec.httpGet.path ?? "/",
      initialDelayMs: (spec.initialDelaySeconds ?? 0) * 1000,
      periodMs: (spec.periodSeconds ?? 10) * 1000,
      timeoutMs: (spec.timeoutSeconds ?? 1) * 1000,
      failureThreshold: spec.failureThreshold ?? 3,
    },
  ];
}

function portOf(port: number | string | undefined, container: Container): number | undefined {
  if (typeof port !== "string") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  return named ?? (Number(port) || undefined);
}
