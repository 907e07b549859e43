/** A real controller process on an in-memory API server over HTTP, with the controllers and pods of a cluster or without. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createStore, type KubeStore } from "../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../src/standin/apiserver/server.ts";
import { crds } from "./manifests.ts";

const SERIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };

export interface ControllerProcess {
  readonly store: KubeStore;
  readonly server: ApiServer;
  readonly controller: ChildProcess;
  readonly log: () => string;
}

/** Resolves when the process holds the lease. `prepare` fills the store before it starts. */
export async function startControllerProcess(
  prepare: (store: KubeStore) => void = () => {},
  flags: readonly string[] = [],
): Promise<ControllerProcess> {
  const store = createStore({ now: Date.now });
  for (const crd of crds()) {
    store.create(CRDS, "", crd);
  }
  prepare(store);
  const server = await startApiServer({ store });
  onTestFinished(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), "serin-controller-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig());
  const controller = spawn(process.execPath, [
    SERIN,
    "controller",
    "--kubeconfig",
    kubeconfig,
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    ...flags,
  ]);
  onTestFinished(() => void controller.kill("SIGKILL"));
  let text = "";
  const held = Promise.withResolvers<void>();
  controller.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
    if (text.includes("lease held")) {
      held.resolve();
    }
  });
  await held.promise;
  return { store, server, controller, log: () => text };
}
