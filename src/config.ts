/** The controller's flags and environment, parsed once. A flag beats its variable (`--prometheus-url`, `SERIN_PROMETHEUS_URL`). */
import { hostname } from "node:os";
import { z } from "zod";

const Port = z.coerce.number().int().min(0).max(65_535);
const Flag = z.union([z.boolean(), z.stringbool()]);

export const ControllerConfig = z.object({
  kubeconfig: z.string().optional().describe("kubeconfig file; default: KUBECONFIG, ~/.kube/config, the service account"),
  context: z.string().optional().describe("context of the kubeconfig"),
  namespace: z.string().optional().describe("watch one namespace only; default: all"),
  leaseNamespace: z.string().optional().describe("namespace of the leader lease; default: --namespace, the pod's, or default"),
  leaseName: z.string().optional().describe("name of the leader lease; default: serin-controller, with the class behind it"),
  class: z.string().default("").describe("act on the rollouts whose spec.class is this, and on no others; default: those without a class"),
  identity: z.string().default(`${hostname()}-${process.pid}`).describe("who holds the lease; unique to this process"),
  host: z.string().default("0.0.0.0").describe("address of /metrics, /healthz and /readyz"),
  port: Port.default(9090).describe("port of /metrics, /healthz and /readyz; 0 chooses one"),
  preset: z.string().default("Linkerd").describe("mesh whose metrics are read where a rollout names none"),
  prometheusUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Prometheus that scrapes the mesh, for source: Prometheus"),
  prometheusTokenFile: z.string().optional().describe("bearer token for it, read again when it changes"),
  prometheusCaFile: z.string().optional().describe("CA certificates for it"),
  concurrency: z.coerce.number().int().min(1).max(256).default(32).describe("rollouts reconciled at the same time"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info").describe("level of the log"),
  leaderElection: Flag.default(true).describe("act only while holding the lease"),
});
export type ControllerConfig = z.infer<typeof ControllerConfig>;

export type ConfigResult =
  | { readonly ok: true; readonly config: ControllerConfig }
  | { readonly ok: false; readonly errors: readonly string[] };

/** `flags` in camelCase, as a command line library gives them; absent ones come from the environment, then the defaults. */
export function parseConfig(flags: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv): ConfigResult {
  const input: Record<string, unknown> = {};
  for (const name of Object.keys(ControllerConfig.shape)) {
    const value = flags[name] ?? environment[variableOf(name)];
    if (value !== undefined && value !== "") {
      input[name] = value;
    }
  }
  const parsed = ControllerConfig.safeParse(input);
  if (parsed.success) {
    return { ok: true, config: parsed.data };
  }
  return { ok: false, errors: parsed.error.issues.map((issue) => `${flagOf(String(issue.path[0]))}: ${issue.message}`) };
}

/** `prometheusUrl` as `--prometheus-url`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function variableOf(name: string): string {
  return `SERIN_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
