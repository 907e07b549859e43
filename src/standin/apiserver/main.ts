/**
 * The in-memory cluster as a process: API server, controllers, and, where a node's runtime is named, a kubelet for it.
 *
 * Prints one line of JSON when it is ready: `{"url", "kubeconfig"}`. Ends on SIGTERM and SIGINT.
 */
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseAllDocuments } from "yaml";
import { systemClock } from "../../domain/clock.ts";
import type { KubeObject } from "../../domain/kube.ts";
import { createControllerManager, createKubelet, eventTeller } from "../../sim/kube/controllers/index.ts";
import { createStore, type KubeStore } from "../../sim/kube/store.ts";
import { createRemoteRuntime } from "../pods/remote-runtime.ts";
import { startApiServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    token: { type: "string" },
    /** File to write. */
    kubeconfig: { type: "string" },
    /** Folder with definitions; may be given more than once. */
    crds: { type: "string", multiple: true },
    namespace: { type: "string", multiple: true },
    /** URL of the node's runtime server. */
    node: { type: "string" },
  },
});

const namespaces = values.namespace ?? [];
const store = createStore({ now: Date.now, seed: randomInt(2 ** 31), namespaces: ["default", "kube-system", ...namespaces] });
for (const folder of values.crds ?? []) {
  installDefinitions(store, folder);
}
const manager = createControllerManager({ store, clock: systemClock, tell: eventTeller(store, systemClock) });
const runtime = values.node === undefined ? undefined : createRemoteRuntime(values.node);
const kubelet = runtime && createKubelet({ store, clock: systemClock, runtime });
const server = await startApiServer({
  store,
  ...(values.port !== undefined && { port: Number(values.port) }),
  ...(values.token !== undefined && { token: values.token }),
});
if (values.kubeconfig !== undefined) {
  writeFileSync(values.kubeconfig, server.kubeconfig(namespaces[0]), { mode: 0o600 });
}
console.log(JSON.stringify({ url: server.url, kubeconfig: values.kubeconfig }));

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void stop());
}

async function stop(): Promise<void> {
  kubelet?.close();
  manager.close();
  await Promise.all([server.close(), runtime?.close()]);
}

function installDefinitions(into: KubeStore, folder: string): void {
  for (const file of readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))) {
    for (const document of parseAllDocuments(readFileSync(join(folder, file), "utf8"))) {
      const object = document.toJS() as KubeObject | null;
      const kind = object === null ? undefined : into.kinds.byKind(object.apiVersion, object.kind);
      if (object !== null && kind !== undefined) {
        into.create(kind, kind.namespaced ? (object.metadata.namespace ?? "default") : "", object);
      }
    }
  }
}
