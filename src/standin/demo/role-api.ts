/** Process one: the API server, with the controllers of a cluster and a kubelet whose pods run in another process. */
import { randomBytes } from "node:crypto";
import { parse } from "yaml";
import { systemClock } from "../../domain/clock.ts";
import type { KubeObject } from "../../domain/kube.ts";
import { createControllerManager, createKubelet, eventTeller } from "../../sim/kube/controllers/index.ts";
import { createStore } from "../../sim/kube/store.ts";
import type { RequestCount } from "../apiserver/counts.ts";
import { type ApiServer, type Outage, startApiServer } from "../apiserver/server.ts";
import { runtimeOf } from "../hollow/runtime-of.ts";
import { withInjector } from "../mesh/injector.ts";
import { shippedFile } from "../shipped-file.ts";

export const DEFINITIONS = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
};
const SHIPPED = ["httproute.yaml", "grpcroute.yaml", "serin.dev_canaryrollouts.yaml"];

export function apiRole() {
  let counts: () => readonly RequestCount[] = () => [];
  let setOutage: ApiServer["setOutage"] = () => {};
  let podsStarted = (_namespace: string | undefined) => 0;
  return {
    /** `runtimeUrl`: the node's; without one pods are hollow. */
    async start({ runtimeUrl }: { runtimeUrl: string | undefined }) {
      const store = withInjector(createStore({ now: () => systemClock.now(), seed: randomBytes(4).readUInt32LE() }));
      for (const name of SHIPPED) store.create(DEFINITIONS, "", parse(shippedFile(name)) as KubeObject);
      const token = randomBytes(16).toString("hex");
      const server = await startApiServer({ store, token });
      const runtime = runtimeOf(runtimeUrl);
      // A hollow cluster has pods by the ten thousand.
      const scale = runtimeUrl === undefined ? { collectAfterMs: 1_000 } : { tell: eventTeller(store, systemClock) };
      createControllerManager({ store, clock: systemClock, ...scale });
      createKubelet({ store, clock: systemClock, runtime });
      ({ counts, setOutage } = server);
      podsStarted = runtime.starts.of;
      const kubeconfig = server.kubeconfig("shop");
      return { access: { server: server.url, token }, kubeconfig, controllerKubeconfig: kubeconfig };
    },
    outage: (outage: Outage | undefined) => setOutage(outage),
    requests: () => counts(),
    podsStarted: (namespace: string | undefined) => podsStarted(namespace),
  };
}
