/** The demo's cluster, up and running: its processes, and the handles by which the story is told and watched. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiAccess } from "../api-access.ts";
import type { RequestCount } from "../apiserver/counts.ts";
import type { Outage } from "../apiserver/server.ts";
import type { Binaries } from "../control-plane/binaries.ts";
import type { LoadTally } from "../load/tally.ts";
import { type Prometheus, startPrometheus } from "../prometheus.ts";
import { type Children, createChildren, type Program } from "./children.ts";
import { type Costs, costsOf } from "./costs.ts";
import type { Remote } from "./ipc.ts";
import { createKubeApi, type KubeApi } from "./kube-api.ts";
import { SHOP } from "./manifests.ts";
import type { nodeRole } from "./role-node.ts";
import { scrapeJob, type TargetsOptions } from "./scrape-targets.ts";
import { type World, type WorldOptions, watchWorld } from "./world.ts";

export interface Cluster {
  readonly kube: KubeApi;
  readonly world: World;
  readonly access: ApiAccess;
  readonly kubeconfigFile: string;
  /** With the rights of the controller. */
  readonly controllerKubeconfig: string;
  /** Where the controller writes its log. */
  readonly controllerLog: string;
  /** HTTP_PROXY into the pod network, and that of a client in the mesh. */
  readonly proxies: { readonly pods: string; readonly client: string };
  readonly clientAdminPort: number;
  /** Where it was asked for. */
  readonly prometheus: Prometheus | undefined;
  /** With these flags beside its own. */
  startController(flags?: readonly string[]): Promise<Pick<Program, "kill" | "freeze">>;
  /** The API server answers nobody any more, or (undefined) does again. */
  outage(outage: Outage | undefined): Promise<void>;
  startLoad(name: string, url: string, perSecond: number): Promise<void>;
  stopLoad(name: string): Promise<void>;
  tally(name: string): Promise<LoadTally>;
  costs(): Promise<Costs>;
  /** Every request for objects so far, counted where it arrives. */
  requests(): Promise<readonly RequestCount[]>;
  /** Rejects when a process ends by itself. */
  readonly failed: Promise<never>;
  /** Aborted when the cluster closes: whoever waits may stop. */
  readonly closing: AbortSignal;
  close(): Promise<void>;
}

export interface ClusterOptions extends Pick<WorldOptions, "clock" | "onHappening" | "onCut"> {
  /** The command line of `serin` itself. */
  readonly serin: readonly string[];
  /** Of a real control plane, in place of the in-memory API server and the controllers in it. */
  readonly binaries?: Binaries | undefined;
  /** A Prometheus reads the proxies, and the controller reads it. */
  readonly prometheus?: boolean | undefined;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const children = createChildren();
  const folder = await mkdtemp(join(tmpdir(), "serin-demo-"));
  const watching = new AbortController();
  const close = async () => {
    watching.abort();
    await children.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await assemble(options, children, folder, watching.signal, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Guarded by the node's process against outliving the demo. */
async function prometheusFor(targets: TargetsOptions, folder: string, node: Remote<ReturnType<typeof nodeRole>>, signal: AbortSignal) {
  const prometheus = await startPrometheus({
    folder: join(folder, "prometheus"),
    scrapeConfigs: [await scrapeJob(targets, signal)],
    clock: targets.clock,
    started: ({ pid }) => void node.guardProcess(pid),
  });
  signal.addEventListener("abort", () => void prometheus.stop());
  return prometheus;
}

interface StartApi {
  readonly runtimeUrl: string;
  readonly binaries: Binaries | undefined;
  readonly folder: string;
}

async function assemble(
  { serin, binaries, prometheus: wanted = false, ...watching }: ClusterOptions,
  children: Children,
  folder: string,
  signal: AbortSignal,
  close: () => Promise<void>,
): Promise<Cluster> {
  const node = children.role("node");
  const client = children.role("client");
  await node.guardFolder(folder);
  const { runtimeUrl, proxyUrl } = await node.start();
  const api = await startApi(children, { runtimeUrl, binaries, folder: join(folder, "control-plane") });
  const { access } = api;
  const kubeconfigFile = join(folder, "kubeconfig");
  const controllerKubeconfig = join(folder, "controller.kubeconfig");
  await writeFile(kubeconfigFile, api.kubeconfig, { mode: 0o600 });
  await writeFile(controllerKubeconfig, api.controllerKubeconfig, { mode: 0o600 });
  const mesh = await client.start({ access, forwardProxy: proxyUrl });
  const world = watchWorld({ ...access, ...watching }, signal);
  await world.synced;
  const controllerLog = join(folder, "controller.log");
  const prometheus = wanted ? await prometheusFor({ access, podsProxy: proxyUrl, clock: watching.clock }, folder, node, signal) : undefined;

  return {
    kube: createKubeApi(access, "kubectl/serin-demo"),
    world,
    access,
    kubeconfigFile,
    controllerKubeconfig,
    controllerLog,
    proxies: { pods: proxyUrl, client: mesh.proxyUrl },
    clientAdminPort: mesh.adminPort,
    prometheus,
    async startController(flags = []) {
      const source = prometheus === undefined ? [] : ["--prometheus-url", prometheus.url];
      const command = [
        ...serin,
        "controller",
        "--kubeconfig",
        controllerKubeconfig,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        ...source,
        ...flags,
      ];
      const env = { HTTP_PROXY: proxyUrl, http_proxy: proxyUrl, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
      const program = children.program("the controller", command, env, controllerLog);
      if (program.pid !== undefined) await node.guardProcess(program.pid);
      return program;
    },
    async outage(outage) {
      await api.process.outage(outage);
    },
    async startLoad(name, target, perSecond) {
      await client.load({ name, url: target, perSecond });
    },
    async stopLoad(name) {
      await client.stop(name);
    },
    async tally(name) {
      const tally = await client.tally(name);
      if (tally === undefined) throw new Error(`no load named ${name}`);
      return tally;
    },
    async costs() {
      const [requests, forwarded, podsStarted] = await Promise.all([
        api.process.requests(),
        node.forwarded(),
        api.process.podsStarted(SHOP),
      ]);
      const queried = (await prometheus?.queries()) ?? 0;
      return costsOf({ requests, forwarded: { ...forwarded, metricQueries: forwarded.metricQueries + queried }, podsStarted });
    },
    requests: () => api.process.requests(),
    failed: children.failed,
    closing: signal,
    close,
  };
}

async function startApi(children: Children, { runtimeUrl, binaries, folder }: StartApi) {
  if (binaries === undefined) {
    const process = children.role("api");
    return { process, ...(await process.start({ runtimeUrl })) };
  }
  const process = children.role("control-plane");
  await mkdir(folder);
  return { process, ...(await process.start({ runtimeUrl, binaries, folder })) };
}
