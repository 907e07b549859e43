import { describe, expect, it } from "vitest";
import { type ManagedFields, RESOURCES } from "../../../src/domain/kube.ts";
import { createWorld, deployment, service } from "./support/world.ts";

const byManager = (fields: readonly ManagedFields[] = []) =>
  Object.fromEntries(fields.map(({ manager, subresource, fieldsV1 }) => [[manager, subresource].filter(Boolean).join("/"), fieldsV1]));

describe("managed fields", () => {
  it("say who wrote what last; a selector is one field", () => {
    const { store, advance } = createWorld();
    store.create(RESOURCES.services, "shop", service("web"), { fieldManager: "helm" });
    advance(1000);
    const body = { spec: { selector: { app: "web", "pod-template-hash": "1" } } };
    const pinned = store.patch(RESOURCES.services, "shop", "web", { type: "merge", body }, { fieldManager: "serin" });
    expect(byManager(pinned.metadata.managedFields)).toMatchObject({
      helm: { "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { "f:targetPort": {} } } } },
      serin: { "f:spec": { "f:selector": {} } },
    });
    expect(pinned.metadata.managedFields?.at(-1)).toMatchObject({ manager: "serin", operation: "Update", time: "2026-11-25T09:00:01Z" });
    const unpin = { spec: { selector: { "pod-template-hash": null, app: "other" } } };
    const reverted = store.patch(RESOURCES.services, "shop", "web", { type: "merge", body: unpin }, { fieldManager: "argocd" });
    expect(byManager(reverted.metadata.managedFields)).toEqual({
      helm: expect.objectContaining({ "f:spec": expect.not.objectContaining({ "f:selector": expect.anything() }) }),
      argocd: { "f:spec": { "f:selector": {} } },
    });
  });

  it("tell status writes apart, take fields from their owner without a name too, and don't move with a patch that changes nothing", () => {
    const { store } = createWorld();
    store.create(RESOURCES.deployments, "shop", deployment("web"), { fieldManager: "helm" });
    const write = (body: object, options = {}) => store.patch(RESOURCES.deployments, "shop", "web", { type: "merge", body }, options);
    write({ status: { replicas: 1 } }, { fieldManager: "kube-controller-manager", subresource: "status" });
    const now = write({ spec: { replicas: 3 } });
    const fields = byManager(now.metadata.managedFields);
    expect(fields["kube-controller-manager/status"]).toEqual({ "f:status": { "f:replicas": {} } });
    expect((fields["helm"] as { "f:spec": object })["f:spec"]).not.toHaveProperty("f:replicas");
    expect(write({ spec: { replicas: 3 } }, { fieldManager: "other" })).toBe(now);
  });

  it("are not kept where nobody says who writes", () => {
    const { store } = createWorld();
    expect(store.create(RESOURCES.deployments, "shop", deployment("web")).metadata.managedFields).toBeUndefined();
  });
});
