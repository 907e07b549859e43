/** Process one, the real one: etcd, kube-apiserver and kube-controller-manager beside it, a node whose pods run in another process, and the injector. */
import { parse, parseAllDocuments } from "yaml";
import { systemClock } from "../../domain/clock.ts";
import type { KubeObject, Resource } from "../../domain/kube.ts";
import type { Outage } from "../apiserver/server.ts";
import { requestCounts } from "../control-plane/audit.ts";
import type { Binaries } from "../control-plane/binaries.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { routeDefinitions } from "../control-plane/gateway-api.ts";
import { startInjectorWebhook } from "../control-plane/injector-webhook.ts";
import { startNode } from "../control-plane/node.ts";
import { runtimeOf } from "../hollow/runtime-of.ts";
import { shippedFile } from "../shipped-file.ts";
import { createKubeApi } from "./kube-api.ts";
import { DEFINITIONS } from "./role-api.ts";
import { guardProcess } from "./sweep.ts";

const NAMESPACES = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };
const SERIN_NAMESPACE = "serin-system";
/** Of the install: the rights of the controller, and the policies that freeze on change. */
const INSTALLED = ["cluster/rbac.yaml", "policies/freeze.yaml", "policies/hold.yaml", "policies/warn.yaml"].map((name) => `deploy/${name}`);
/** Who the controller is in the install: it has the rights of `deploy/`, and no others. */
const CONTROLLER = {
  name: `system:serviceaccount:${SERIN_NAMESPACE}:serin`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${SERIN_NAMESPACE}`, "system:authenticated"],
};

export interface ControlPlaneStart {
  /** The node's; without one pods are hollow. */
  readonly runtimeUrl: string | undefined;
  readonly binaries: Binaries;
  readonly folder: string;
}

export function controlPlaneRole() {
  let plane: ControlPlane | undefined;
  let podsStarted = (_namespace: string | undefined) => 0;
  let isDown = false;
  const running = (): ControlPlane => {
    if (plane === undefined) throw new Error("the control plane has not been started");
    return plane;
  };
  return {
    async start({ runtimeUrl, binaries, folder }: ControlPlaneStart) {
      plane = await startControlPlane({ binaries, folder, users: [CONTROLLER] });
      guard(plane);
      process.once("SIGTERM", () => void plane?.close().finally(() => process.exit(0)));
      plane.failed.catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exit(1);
      });
      const access = plane.access();
      const kube = createKubeApi(access, "kubectl/serin-demo");
      await kube.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata: { name: SERIN_NAMESPACE } });
      for (const object of INSTALLED.flatMap(shippedObjects)) await kube.create(resourceOf(object), object);
      const ours = parse(shippedFile("serin.dev_canaryrollouts.yaml")) as KubeObject;
      for (const definition of [...(await routeDefinitions()), ours]) await kube.create(DEFINITIONS, definition);
      await startInjectorWebhook({ access, certificate: plane.certificate });
      const runtime = runtimeOf(runtimeUrl);
      await startNode({ access, runtime, clock: systemClock }, new AbortController().signal);
      podsStarted = runtime.starts.of;
      const controllerKubeconfig = plane.kubeconfig({ user: CONTROLLER.name, namespace: SERIN_NAMESPACE });
      return { access, kubeconfig: plane.kubeconfig({ namespace: "shop" }), controllerKubeconfig };
    },
    /** A crash, or (hang) a server that keeps its connections and says nothing; undefined: back again. */
    async outage(outage: Outage | undefined) {
      if (outage?.type === "hang") running().freezeApiServer(true);
      else if (outage !== undefined) {
        isDown = true;
        await running().killApiServer();
      } else if (isDown) {
        await running().startApiServer();
        guard(running());
        isDown = false;
      } else running().freezeApiServer(false);
    },
    requests: () => requestCounts(running().auditLog),
    podsStarted: (namespace: string | undefined) => podsStarted(namespace),
  };
}

function shippedObjects(path: string): KubeObject[] {
  return parseAllDocuments(shippedFile(path)).map((document) => document.toJS() as KubeObject);
}

function resourceOf({ apiVersion, kind }: KubeObject): Resource {
  const [group = "", version = ""] = apiVersion.split("/");
  return { group, version, plural: `${kind.toLowerCase()}s`.replace(/ys$/, "ies"), kind };
}

function guard(plane: ControlPlane): void {
  for (const pid of plane.pids()) guardProcess(pid);
}
