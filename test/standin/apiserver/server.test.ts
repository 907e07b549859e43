import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { CONFIG_MAPS, configMap, createWorld, deployment } from "../../sim/kube/support/world.ts";
import { ask } from "./support/client.ts";

const PATH = "/api/v1/namespaces/shop/configmaps";
const json = (method: string, body: unknown, contentType = "application/json", headers = {}): RequestInit => ({
  method,
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "Content-Type": contentType, ...headers },
});

describe("the server", () => {
  let store: KubeStore;
  let server: ApiServer;
  beforeEach(async () => {
    store = createWorld().store;
    server = await startApiServer({ store });
  });
  afterEach(() => server.close());

  it("counts requests by who asked what, and how it ended", async () => {
    const headers = { "User-Agent": "serin/1" };
    await ask(server, PATH, json("POST", configMap("a"), undefined, headers));
    await ask(server, PATH, json("POST", configMap("a"), undefined, headers));
    await ask(server, `${PATH}/a`, { headers });
    await ask(server, `${PATH}/a`, { headers });
    await ask(server, PATH, { headers: { "User-Agent": "other/1" } });
    await ask(server, "/apis", { headers });
    const common = { group: "", resource: "configmaps", subresource: "" };
    const expected = [
      { ...common, userAgent: "serin/1", verb: "create", code: 201, count: 1 },
      { ...common, userAgent: "serin/1", verb: "create", code: 409, count: 1 },
      { ...common, userAgent: "serin/1", verb: "get", code: 200, count: 2 },
      { ...common, userAgent: "other/1", verb: "list", code: 200, count: 1 },
    ];
    expect(server.counts()).toEqual(expected);
    expect((await ask(server, "/standin/requests")).body).toEqual(expected);
  });

  it("tells each subresource and watch apart", async () => {
    store.create({ group: "apps", version: "v1", plural: "deployments", kind: "Deployment" }, "shop", deployment("web"));
    const path = "/apis/apps/v1/namespaces/shop/deployments";
    await ask(server, `${path}/web/scale`, json("PATCH", { spec: { replicas: 2 } }, "application/merge-patch+json"));
    const response = await fetch(`${server.url}${path}?watch=true`);
    server.closeWatches();
    await response.text();
    expect(server.counts().map(({ verb, subresource }) => `${verb} ${subresource}`)).toEqual(["patch scale", "watch "]);
  });

  it.each([
    ["protobuf", json("POST", "k8s", "application/vnd.kubernetes.protobuf"), 415],
    ["text that is no JSON", json("POST", "{"), 400],
    ["a list", json("POST", []), 400],
    ["another kind", json("POST", deployment("a")), 400],
    ["four megabytes", json("POST", configMap("a", {}, { k: "x".repeat(4_000_000) })), 413],
    ["a method of no use here", json("PUT", configMap("a")), 405],
  ])("refuses %s", async (_, init, status) => {
    expect(await ask(server, PATH, init)).toMatchObject({ status, body: { kind: "Status", code: status } });
    expect(store.list(CONFIG_MAPS).items).toEqual([]);
  });

  it("takes YAML too", async () => {
    const answer = await ask(server, PATH, json("POST", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "application/yaml"));
    expect(answer).toMatchObject({ status: 201, body: { metadata: { name: "a" } } });
  });

  it("answers 406 where nothing fits the Accept header", async () => {
    expect(await ask(server, PATH, { headers: { Accept: "application/vnd.kubernetes.protobuf" } })).toMatchObject({ status: 406 });
    const mixed = { headers: { Accept: "application/vnd.kubernetes.protobuf,application/json" } };
    expect(await ask(server, PATH, mixed)).toMatchObject({ status: 200 });
  });

  it("takes its new token, and no longer the old one", async () => {
    server.setToken("new");
    const withToken = (token: string) => ask(server, PATH, { headers: { Authorization: `Bearer ${token}` } });
    expect([(await withToken("old")).status, (await withToken("new")).status]).toEqual([401, 200]);
    expect(parse(server.kubeconfig("shop"))).toMatchObject({
      clusters: [{ cluster: { server: `${server.url}/new` } }],
      users: [{ user: { token: "new" } }],
      contexts: [{ context: { namespace: "shop" } }],
    });
  });

  it("forbids what it is told to forbid, with verb, resource and group, and says so when asked before", async () => {
    server.setAuthorize(({ verb, resource }) => !(verb === "create" && resource === "configmaps"));
    expect(await ask(server, PATH, json("POST", configMap("a")))).toMatchObject({
      status: 403,
      body: {
        reason: "Forbidden",
        message: 'configmaps is forbidden: User "stand-in" cannot create resource "configmaps" in API group "" in the namespace "shop"',
      },
    });
    const review = (verb: string) => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb, resource: "configmaps", namespace: "shop" } },
    });
    const allowed = async (verb: string) =>
      (await ask(server, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json("POST", review(verb)))).body.status.allowed;
    expect([await allowed("create"), await allowed("get")]).toEqual([false, true]);
  });

  it("is out of order as told, and back afterwards", async () => {
    server.setOutage({ type: "status", code: 503, retryAfterSeconds: 7 });
    const answer = await ask(server, PATH);
    expect([answer.status, answer.headers.get("retry-after"), answer.body.details.retryAfterSeconds]).toEqual([503, "7", 7]);
    server.setOutage({ type: "reset" });
    await expect(fetch(`${server.url}${PATH}`)).rejects.toThrow();
    server.setOutage({ type: "hang" });
    await expect(fetch(`${server.url}${PATH}`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
    server.setOutage(undefined);
    expect((await ask(server, PATH)).status).toBe(200);
  });

  it("shows workloads in tables as a real server does", async () => {
    const recorded = JSON.parse(readFileSync(new URL("../../fixtures/kube-apiserver/tables.json", import.meta.url), "utf8")) as Table[];
    for (const { path, body } of recorded) {
      const answer = await ask(server, path, { headers: { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } });
      expect(answer.body.columnDefinitions.map(shape), path).toEqual(body.columnDefinitions.map(shape));
    }
  });
});

interface Table {
  readonly path: string;
  readonly body: { readonly columnDefinitions: readonly object[] };
}

function shape(column: { name?: string; type?: string; format?: string; priority?: number }): object {
  const { name, type, format, priority } = column;
  return { name, type, format, priority };
}
