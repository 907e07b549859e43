/** Discovery as recorded from a real server, for the resources that the stand-in has; and the plain form of older clients. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { createWorld } from "../../sim/kube/support/world.ts";
import { ask } from "./support/client.ts";
import { installDefinition, serinDefinition, standInDefinition } from "./support/definitions.ts";
import { fixtureText } from "./support/recording.ts";

interface Resource {
  readonly resource: string;
  readonly subresources?: readonly { readonly subresource: string }[];
}
interface Group {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly { readonly version: string; readonly resources: readonly Resource[] }[];
}
interface Recorded {
  readonly accept: string;
  readonly contentType: string;
  readonly body: { readonly items: readonly Group[] };
}

/** `group/version/resource` -> how it is told. Subresources that the stand-in lacks (pods/exec ...) are left out of both. */
function resourcesOf(groups: readonly Group[]): Map<string, Resource> {
  const entries = groups.flatMap((group) =>
    group.versions.flatMap(({ version, resources }) =>
      resources.map((resource): [string, Resource] => [`${group.metadata.name ?? ""}/${version}/${resource.resource}`, known(resource)]),
    ),
  );
  return new Map(entries);
}

function known({ subresources = [], ...rest }: Resource): Resource {
  const kept = subresources.filter(({ subresource }) => subresource === "status" || subresource === "scale");
  return kept.length === 0 ? rest : { ...rest, subresources: kept };
}

describe("discovery", () => {
  let server: ApiServer;
  beforeAll(async () => {
    const { store } = createWorld();
    for (const definition of [standInDefinition("httproute"), standInDefinition("grpcroute"), serinDefinition()]) {
      installDefinition(store, definition);
    }
    server = await startApiServer({ store });
  });
  afterAll(() => server.close());

  it.each([
    ["/api", "discovery-api.json", ["/v1/pods", "/v1/services", "/v1/events", "/v1/namespaces", "/v1/configmaps"]],
    [
      "/apis",
      "discovery-apis.json",
      [
        "apps/v1/deployments",
        "apps/v1/replicasets",
        "coordination.k8s.io/v1/leases",
        "discovery.k8s.io/v1/endpointslices",
        "gateway.networking.k8s.io/v1/httproutes",
        "gateway.networking.k8s.io/v1beta1/httproutes",
      ],
    ],
  ])("aggregated at %s says of each resource what was recorded", async (path, file, resources) => {
    const recorded = JSON.parse(fixtureText(file)) as Recorded;
    const answer = await ask(server, path, { headers: { Accept: recorded.accept } });
    expect(answer.headers.get("content-type")).toBe(recorded.contentType);
    const [theirs, ours] = [resourcesOf(recorded.body.items), resourcesOf(answer.body.items)];
    for (const name of resources) {
      expect(ours.get(name), name).toEqual(theirs.get(name));
      expect(ours.get(name), name).toBeDefined();
    }
  });

  it("is plain for clients that know no other", async () => {
    expect((await ask(server, "/api")).body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const groups = (await ask(server, "/apis")).body.groups as { name: string; preferredVersion: { groupVersion: string } }[];
    expect(groups.find(({ name }) => name === "gateway.networking.k8s.io")?.preferredVersion.groupVersion).toBe(
      "gateway.networking.k8s.io/v1",
    );
    expect((await ask(server, "/apis/apps")).body).toMatchObject({ kind: "APIGroup", name: "apps" });
    const { resources } = (await ask(server, "/apis/apps/v1")).body as { resources: { name: string; kind: string }[] };
    expect(resources.filter(({ name }) => name.startsWith("deployments"))).toEqual([
      expect.objectContaining({ name: "deployments", kind: "Deployment", shortNames: ["deploy"], categories: ["all"] }),
      expect.objectContaining({ name: "deployments/scale", kind: "Scale", group: "autoscaling", version: "v1" }),
      expect.objectContaining({ name: "deployments/status", kind: "Deployment" }),
    ]);
  });

  it("knows every group that it lists, and every resource of it", async () => {
    const { groups } = (await ask(server, "/apis")).body as { groups: { versions: { groupVersion: string }[] }[] };
    for (const groupVersion of groups.flatMap(({ versions }) => versions.map((version) => version.groupVersion))) {
      const { resources } = (await ask(server, `/apis/${groupVersion}`)).body as { resources: { name: string; verbs: string[] }[] };
      for (const { name } of resources.filter(({ verbs }) => verbs.includes("list"))) {
        expect((await ask(server, `/apis/${groupVersion}/${name}`)).status, name).toBe(200);
      }
    }
  });
});
