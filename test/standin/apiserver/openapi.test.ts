/** OpenAPI 3 documents: what a real API server told of the same definition, descriptions taken out. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../../../src/domain/kube.ts";
import { createStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { ask } from "./support/client.ts";
import { installDefinition } from "./support/definitions.ts";
import { fixtureText } from "./support/recording.ts";

describe("OpenAPI", () => {
  let server: ApiServer;
  beforeAll(async () => {
    const store = createStore({ now: Date.now });
    installDefinition(store, parse(fixtureText("manifests/crd.yaml")) as KubeObject);
    server = await startApiServer({ store });
  });
  afterAll(() => server.close());

  it("tells of a custom resource what a real server tells", async () => {
    const { body } = await ask(server, "/openapi/v3/apis/serin.dev/v1alpha1");
    expect(withoutGroups(body)).toEqual(withoutGroups(JSON.parse(fixtureText("openapi-v3-serin.json"))));
  });

  it("has a document for every group and version that it lists, without a reference to what is not in it", async () => {
    const { paths } = (await ask(server, "/openapi/v3")).body as { paths: Record<string, { serverRelativeURL: string }> };
    expect(Object.keys(paths)).toContain("apis/apps/v1");
    for (const { serverRelativeURL } of Object.values(paths)) {
      const { body } = await ask(server, serverRelativeURL);
      const names = new Set(Object.keys(body.components.schemas));
      const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
      expect(references.filter((name) => !names.has(name ?? ""))).toEqual([]);
    }
  });
});

/** The options' schema names every group of the server that it is told by. */
function withoutGroups(document: { components: { schemas: Record<string, object> } }): object {
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => {
    const { "x-kubernetes-group-version-kind": _groups, ...rest } = schema as Record<string, unknown>;
    return [name, name.endsWith(".DeleteOptions") || name.endsWith(".Status") ? rest : schema];
  });
  return { ...document, components: { schemas: Object.fromEntries(schemas) } };
}
