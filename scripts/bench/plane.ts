/** What is measured against: an API server, in memory or the real one, with a node of hollow pods, a hollow mesh, and controllers. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../../src/domain/clock.ts";
import type { ApiAccess } from "../../src/standin/api-access.ts";
import type { RequestCount } from "../../src/standin/apiserver/counts.ts";
import type { Binaries } from "../../src/standin/control-plane/binaries.ts";
import { type Children, createChildren } from "../../src/standin/demo/children.ts";
import type { Cut } from "../../src/standin/hollow/mesh.ts";
import { type Controller, controllerAt } from "./controller.ts";

export interface Plane {
  readonly access: ApiAccess;
  /** Every request for objects so far, as the API server counts them. */
  requests(): Promise<readonly RequestCount[]>;
  podsStarted(): Promise<number>;
  /** Metrics queries so far. */
  queries(): Promise<number>;
  cuts(): Promise<readonly Cut[]>;
  startController(): Promise<Controller>;
  /** Ends with the plane: closed, interrupted, or one of its processes ended by itself. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

export interface PlaneOptions {
  /** Of a real control plane. */
  readonly binaries: Binaries | undefined;
  /** The controller is the sources', not the bundle. */
  readonly fromSource: boolean;
  /** Between two scrapes of a pod, and between two looks of the controller at them. */
  readonly intervalSeconds: number;
  readonly requestsPerSecond: number;
}

/** Of the published image. */
const ENVIRONMENT = Object.fromEntries(
  [...readFileSync("Dockerfile", "utf8").matchAll(/^ENV (?<name>\w+)="?(?<value>.*?)"?$/gm)].map(({ groups = {} }) => [
    groups["name"],
    groups["value"],
  ]),
) as Readonly<Record<string, string>>;

export async function startPlane(options: PlaneOptions, interrupted: AbortSignal): Promise<Plane> {
  const children = createChildren();
  const folder = await mkdtemp(join(tmpdir(), "serin-bench-"));
  const end = new AbortController();
  children.failed.catch((error: unknown) => end.abort(error));
  const signal = AbortSignal.any([end.signal, interrupted]);
  const close = async () => {
    end.abort(new Error("the measurement is over"));
    await children.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await assemble(options, children, folder)), signal, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  { binaries, fromSource, intervalSeconds, requestsPerSecond }: PlaneOptions,
  children: Children,
  folder: string,
): Promise<Omit<Plane, "signal" | "close">> {
  const api = binaries === undefined ? children.role("api") : children.role("control-plane");
  await mkdir(join(folder, "control-plane"));
  const { access, controllerKubeconfig } = await api.start({
    runtimeUrl: undefined,
    binaries: binaries as Binaries,
    folder: join(folder, "control-plane"),
  });
  const kubeconfig = join(folder, "controller.kubeconfig");
  await writeFile(kubeconfig, controllerKubeconfig, { mode: 0o600 });
  const hollow = children.role("hollow-mesh");
  const { url } = await hollow.start({ access, requestsPerSecond, scrapeMs: intervalSeconds * 1000 });
  const serin = [process.execPath, fromSource ? "src/cli/main.ts" : "dist/serin.js", "controller"];
  // In the install it has a namespace of its own, where alone it may have its lease.
  const leaseNamespace = binaries === undefined ? "default" : "serin-system";
  let started = 0;
  return {
    access,
    requests: () => api.requests(),
    podsStarted: () => api.podsStarted(undefined),
    queries: async () => (await hollow.counts()).queries,
    cuts: () => hollow.cuts(),
    async startController() {
      started += 1;
      const log = join(folder, `controller-${started}.log`);
      const flags = [
        "--kubeconfig",
        kubeconfig,
        "--lease-namespace",
        leaseNamespace,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--prometheus-url",
        url,
      ];
      const began = clock.monotonic();
      const program = children.program("the controller", [...serin, ...flags], ENVIRONMENT, log);
      return controllerAt(program, () => readFile(log, "utf8"), began);
    },
  };
}
