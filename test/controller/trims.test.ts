import { describe, expect, test } from "vitest";
import { trimOf } from "../../src/controller/trims.ts";
import type { EndpointSlice } from "../../src/domain/kube.ts";
import { readyAddresses } from "../../src/traffic/endpoints.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

function slice(endpoints: unknown): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "checkout-x",
      namespace: "shop",
      uid: "u",
      resourceVersion: "7",
      generation: 3,
      labels: { "kubernetes.io/service-name": "checkout", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller" },
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": "2026-11-25T10:00:00Z" },
    },
    addressType: "IPv4",
    endpoints: endpoints as Endpoint[],
    ports: [{ name: "http", port: 8080 }],
  };
}

const endpoint = (uid: string, conditions?: Endpoint["conditions"]): Endpoint => ({
  addresses: [`10.0.0.${uid}`, "10.1.1.1"],
  ...(conditions && { conditions }),
  targetRef: { kind: "Pod", namespace: "shop", name: `pod-${uid}`, uid },
});

const trim = trimOf("endpointSlices");

describe("an EndpointSlice", () => {
  test("is kept as who answers for which Service", () => {
    expect(trim(slice([endpoint("1", { ready: true, serving: true, terminating: false })]))).toEqual({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "checkout-x",
        namespace: "shop",
        uid: "u",
        resourceVersion: "7",
        labels: { "kubernetes.io/service-name": "checkout" },
      },
      endpoints: [{ addresses: ["10.0.0.1"], targetRef: { uid: "1", name: "pod-1" } }],
    });
  });

  test.each([
    ["without endpoints, as the API server writes that", null],
    ["of addresses that are no pods", [{ addresses: ["192.0.2.1"] }]],
    ["without conditions", [endpoint("1")]],
    [
      "of all conditions",
      [endpoint("1", { ready: true }), endpoint("2", { ready: false }), endpoint("3", { ready: true, terminating: true })],
    ],
    ["of an endpoint without an address", [{ addresses: [] }, endpoint("1")]],
  ])("%s tells the same addresses as the whole one", (_, endpoints) => {
    const whole = slice(endpoints);
    expect(readyAddresses([trim(whole) as EndpointSlice], "checkout")).toEqual(readyAddresses([whole], "checkout"));
    expect(readyAddresses([trim(whole) as EndpointSlice], "other")).toEqual([]);
  });
});

test("kinds without a rule of their own lose their managedFields alone", () => {
  const object = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "a", managedFields: [{ manager: "m" }] }, spec: {} };
  expect(trimOf("replicaSets")(object)).toEqual({ apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "a" }, spec: {} });
});
