import { describe, expect, it } from "vitest";
import type { EndpointSlice, Pod, Route, Service } from "../../src/domain/kube.ts";
import { addressesOf, readyAddresses } from "../../src/traffic/endpoints.ts";
import { apexFinding, foreignEndpoints, rivalRoute, splitPort, unsplitPorts, unsupportedFilters } from "../../src/traffic/findings.ts";
import { deployment, pod, replicaSet, service } from "../workload/objects.ts";

const http = { name: "http", port: 80, targetPort: 8080 };
const grpc = { name: "grpc", port: 9090, targetPort: "rpc" };
const opaque = "config.linkerd.io/opaque-ports";

function annotated(value: string): Service {
  return service({}, { annotations: { [opaque]: value } });
}

describe("an apex Service that cannot be split", () => {
  it.each<[string, Service, number | undefined, string | undefined]>([
    ["an ordinary one", service(), undefined, undefined],
    ["headless", service({ clusterIP: "None" }), undefined, "ServiceNotSplittable"],
    ["ExternalName", service({ type: "ExternalName", externalName: "example.com" }), undefined, "ServiceNotSplittable"],
    ["without a selector", service({ selector: {} }), undefined, "ServiceSelectsOthers"],
    ["of other pods", service({ selector: { app: "cart" } }), undefined, "ServiceSelectsOthers"],
    ["pinned already", service({ selector: { app: "checkout", "pod-template-hash": "v1" } }), undefined, undefined],
    ["several ports and none named", service({ ports: [http, grpc] }), undefined, "PortMissing"],
    ["several ports, one named", service({ ports: [http, grpc] }), 80, undefined],
    ["a port that is not there", service(), 81, "PortMissing"],
    ["no port at all", service({ ports: [] }), undefined, "PortMissing"],
    ["appProtocol", service({ ports: [{ ...http, appProtocol: "linkerd.io/opaque" }] }), undefined, "OpaquePort"],
    ["opaque by number", annotated("25, 80"), undefined, "OpaquePort"],
    ["opaque by range", annotated("70-90"), undefined, "OpaquePort"],
    ["opaque by name", annotated("http"), undefined, "OpaquePort"],
    ["other opaque ports", annotated("8080,81-90,https,"), undefined, undefined],
  ])("%s", (_, apex, port, reason) => {
    expect(apexFinding(apex, port, deployment())?.reason).toBe(reason);
  });

  it("the pods' mark is about container ports, by number or by name", () => {
    const spec = { containers: [{ name: "a", ports: [{ name: "rpc", containerPort: 9999 }] }] };
    const marked = (value: string) =>
      deployment({ template: { metadata: { labels: { app: "checkout" }, annotations: { [opaque]: value } }, spec } });
    const apex = service({ ports: [http, grpc] });
    expect(apexFinding(apex, 9090, marked("9999"))?.reason).toBe("OpaquePort");
    expect(apexFinding(apex, 9090, marked("rpc"))?.reason).toBe("OpaquePort");
    expect(apexFinding(apex, 9090, marked("9090"))).toBeUndefined();
    expect(apexFinding(apex, 80, marked("8080"))?.reason).toBe("OpaquePort");
  });

  it("says which ports there are", () => {
    expect(apexFinding(service({ ports: [http, grpc] }), undefined, deployment())?.message).toContain("80 (http), 9090 (grpc)");
    expect(splitPort(service(), undefined)?.targetPort).toBe(8080);
  });
});

describe("ports that the route does not split", () => {
  it("are listed", () => {
    expect(unsplitPorts(service({ ports: [http, grpc] }), 80)?.message).toContain("9090");
    expect(unsplitPorts(service(), undefined)).toBeUndefined();
  });
});

describe("another route on the same parent", () => {
  const own = { kind: "HTTPRoute", name: "checkout" };
  const parent = { name: "checkout", namespace: "shop", port: 80 };

  function route(
    more: {
      kind?: string;
      group?: string;
      name?: string;
      created?: string;
      namespace?: string;
      port?: number | undefined;
      parent?: string;
    } = {},
  ): Route {
    const { kind = "HTTPRoute", group = "gateway.networking.k8s.io", name = "other", namespace = "shop", port = 80 } = more;
    const parentRef = {
      group: "",
      kind: "Service",
      name: more.parent ?? "checkout",
      ...("port" in more && more.port === undefined ? {} : { port }),
    };
    const metadata = { name, namespace, creationTimestamp: more.created ?? "2026-11-25T09:00:00Z" };
    return { apiVersion: `${group}/v1`, kind, metadata, spec: { parentRefs: [parentRef] } };
  }

  const ours = route({ name: "checkout", created: "2026-11-25T10:00:00Z" });

  it.each<[string, Route, Route | undefined, boolean]>([
    ["any, while ours does not exist", route({ created: "2026-11-25T11:00:00Z" }), undefined, true],
    ["an older one", route(), ours, true],
    ["a younger one loses", route({ created: "2026-11-25T11:00:00Z" }), ours, false],
    ["of the same second, by name", route({ name: "a", created: "2026-11-25T10:00:00Z" }), ours, true],
    ["a GRPCRoute goes before, however young", route({ kind: "GRPCRoute", created: "2026-11-25T11:00:00Z" }), ours, true],
    ["Linkerd's own group", route({ group: "policy.linkerd.io", name: "checkout" }), ours, true],
    ["a TCPRoute does not", route({ kind: "TCPRoute" }), undefined, false],
    ["our own", ours, ours, false],
    ["on all ports", route({ port: undefined }), undefined, true],
    ["on another port", route({ port: 9090 }), undefined, false],
    ["on another Service", route({ parent: "cart" }), undefined, false],
    ["of a caller's namespace", route({ namespace: "callers" }), undefined, false],
  ])("%s", (_, other, existing, found) => {
    expect(rivalRoute([other], own, parent, existing)?.reason).toBe(found ? "RouteConflict" : undefined);
  });

  it("names all of them, in a stable order", () => {
    const message = (routes: Route[]) => rivalRoute(routes, own, parent)?.message;
    expect(message([route({ name: "b" }), route({ name: "a" })])).toBe(message([route({ name: "a" }), route({ name: "b" })]));
  });
});

describe("filters that make proxies ignore the split", () => {
  it.each(["RequestMirror", "URLRewrite", "ExtensionRef", "CORS"])("%s", (type) => {
    const route: Route = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "r" },
      spec: { rules: [{}, { filters: [{ type }] }] },
    };
    expect(unsupportedFilters(route, 1)?.message).toContain(type);
    expect(unsupportedFilters(route, 0)).toBeUndefined();
  });
});

describe("endpoints", () => {
  const set = replicaSet("v1", "checkout:1", 2);
  const pods = [pod("one", set), pod("two", set)];

  function slice(entries: { pod?: Pod; address: string; ready?: boolean; terminating?: boolean }[], name = "checkout"): EndpointSlice {
    return {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: `${name}-x`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
      endpoints: entries.map(({ pod: target, address, ...conditions }) => ({
        addresses: [address],
        conditions,
        ...(target?.metadata.uid === undefined ? {} : { targetRef: { kind: "Pod", name: target.metadata.name, uid: target.metadata.uid } }),
      })),
    };
  }

  it("are ready unless the slice says otherwise", () => {
    const one = slice([
      { address: "10.0.0.1", ready: true },
      { address: "10.0.0.2" },
      { address: "10.0.0.3", ready: false },
      { address: "10.0.0.4", terminating: true },
    ]);
    expect(readyAddresses([one, slice([{ address: "10.0.0.9" }], "cart")], "checkout").map(({ address }) => address)).toEqual([
      "10.0.0.1",
      "10.0.0.2",
    ]);
  });

  it("count once for a pod, in two slices or two families", () => {
    const slices = [slice([{ pod: pods[0]!, address: "10.0.0.1" }]), slice([{ pod: pods[0]!, address: "fd00::1" }])];
    expect(readyAddresses(slices, "checkout")).toHaveLength(1);
  });

  it("belong to a pod by its uid: an address is used again", () => {
    const stranger = { ...pods[0]!, metadata: { ...pods[0]!.metadata, uid: "new" } };
    const addresses = readyAddresses(
      [
        slice([
          { pod: stranger, address: "10.0.0.1" },
          { pod: pods[1]!, address: "10.0.0.2" },
        ]),
      ],
      "checkout",
    );
    expect(addressesOf(addresses, pods).map(({ name }) => name)).toEqual(["two"]);
  });

  it("that are not the target's would be cut off by a pin", () => {
    const own = slice([{ pod: pods[0]!, address: "10.0.0.1" }]);
    expect(foreignEndpoints([own], "checkout", pods)).toBeUndefined();
    expect(foreignEndpoints([own, slice([{ address: "192.168.0.7" }])], "checkout", pods)?.reason).toBe("ForeignEndpoints");
  });
});
