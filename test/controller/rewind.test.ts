/** The real process on an API server that is restored from a backup: it starts anew, and acts on what is there now. */
import { expect, test, vi } from "vitest";
import { RESOURCES } from "../../src/domain/kube.ts";
import { startControllerProcess } from "../support/controller-process.ts";
import { deployment, rollout, service } from "../support/manifests.ts";

test("it is found out by the lease, everything is read anew, and the rollout is acted on as the backup has it", async () => {
  const { store, server, controller, log } = await startControllerProcess((prepared) => {
    prepared.create(RESOURCES.services, "default", inDefault(service()));
    prepared.create(RESOURCES.deployments, "default", inDefault(deployment("v1", 0)));
  });
  const backup = store.snapshot();
  store.create(RESOURCES.canaryRollouts, "default", inDefault(rollout()));
  await vi.waitFor(() => expect(message()).toBeDefined(), 20_000);
  store.rewind(backup);
  server.closeWatches();
  await vi.waitFor(() => expect(log()).toMatch(/history went back(.|\n)*lease held/), 30_000);
  expect(store.find(RESOURCES.canaryRollouts, "default", "checkout")).toBeUndefined();
  store.create(RESOURCES.canaryRollouts, "default", inDefault(rollout()));
  await vi.waitFor(() => expect(message()).toBeDefined(), 20_000);
  expect(controller.exitCode).toBeNull();

  function message(): unknown {
    const found = store.find(RESOURCES.canaryRollouts, "default", "checkout") as { status?: { message?: string } } | undefined;
    return found?.status?.message;
  }
}, 120_000);

function inDefault<T extends { readonly metadata: object }>(object: T): T {
  return { ...object, metadata: { ...object.metadata, namespace: "default" } };
}
