/** The real process ends soon after SIGTERM, also where the API server does not answer any more. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createStore } from "../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../src/standin/apiserver/server.ts";
import { crds } from "../support/manifests.ts";

const SERIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };

async function startBoth(): Promise<{ server: ApiServer; controller: ChildProcess; log: () => string }> {
  const store = createStore({ now: Date.now });
  for (const crd of crds()) {
    store.create(CRDS, "", crd);
  }
  const server = await startApiServer({ store });
  onTestFinished(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), "serin-shutdown-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig());
  const controller = spawn(process.execPath, [SERIN, "controller", "--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", "0"]);
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
  return { server, controller, log: () => text };
}

test("SIGTERM gives the lease back and ends the process", async () => {
  const { server, controller } = await startBoth();
  controller.kill("SIGTERM");
  const [code] = await once(controller, "exit");
  expect(code).toBe(0);
  const answer = await fetch(`${server.url}/apis/coordination.k8s.io/v1/namespaces/default/leases/serin-controller`);
  expect(((await answer.json()) as { spec: { holderIdentity?: string } }).spec.holderIdentity ?? "").toBe("");
}, 60_000);

test("SIGTERM ends the process while the API server hangs", async () => {
  const { server, controller, log } = await startBoth();
  server.setOutage({ type: "hang" });
  controller.kill("SIGTERM");
  await once(controller, "exit");
  expect(log()).toContain("serin controller ends");
}, 60_000);
