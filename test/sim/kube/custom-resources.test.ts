import { describe, expect, it } from "vitest";
import { type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";
import { StatusError } from "../../../src/sim/kube/status-error.ts";
import type { WriteOptions } from "../../../src/sim/kube/store.ts";
import { serinDefinition, standInDefinition } from "../../standin/apiserver/support/definitions.ts";
import { createWorld, DEFINITIONS, THINGS, thing, thingDefinition } from "./support/world.ts";

function worldWith(spec: object, more?: Parameters<typeof thingDefinition>[1]) {
  const { store } = createWorld();
  store.create(DEFINITIONS, "", thingDefinition(spec, more));
  return store;
}

/** `field: message` of each cause; [] where it was accepted. */
function problems(run: () => unknown): string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof StatusError && error.status.code === 422) {
      return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
    }
    throw error;
  }
}

function problemsOf(schema: object, value: unknown): string[] {
  const store = worldWith({ type: "object", properties: { f: schema } });
  return problems(() => store.create(THINGS, "shop", thing("a", { f: value })));
}

describe("schemas", () => {
  it.each([
    [{ type: "integer", minimum: 1 }, 0, "should be greater than or equal to 1"],
    [{ type: "integer", maximum: 3 }, 4, "should be less than or equal to 3"],
    [{ type: "number", minimum: 0, exclusiveMinimum: true }, 0, "should be greater than 0"],
    [{ type: "integer" }, 1.5, 'must be of type integer: "number"'],
    [{ type: "string" }, 1, 'must be of type string: "integer"'],
    [{ type: "string" }, null, 'must be of type string: "null"'],
    [{ type: "string", enum: ["A", "B"] }, "C", 'Unsupported value: "C": supported values: "A", "B"'],
    [{ type: "string", maxLength: 2 }, "abc", "Too long: may not be more than 2 bytes"],
    [{ type: "string", minLength: 1 }, "", "should be at least 1 chars long"],
    [{ type: "string", pattern: "^[a-z\\-]+$" }, "A", "should match '^[a-z\\-]+$'"],
    [{ type: "string", format: "date-time" }, "yesterday", 'must be of type date-time: "yesterday"'],
    [{ type: "array", maxItems: 1, items: { type: "string" } }, ["a", "b"], "Too many: 2: must have at most 1 items"],
    [{ type: "array", minItems: 1, items: { type: "string" } }, [], "should have at least 1 items"],
    [{ type: "object", required: ["x"], properties: { x: { type: "string" } } }, {}, "spec.f.x: Required value"],
    [{ "x-kubernetes-int-or-string": true }, true, "must be of type integer,string"],
    [{ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" }, ["a", "a"], 'spec.f[1]: Duplicate value: "a"'],
  ])("%j refuses %j", (schema, value, text) => {
    expect(problemsOf(schema, value).join("; ")).toContain(text);
  });

  it.each([
    [{ type: "string", nullable: true }, null],
    [{ "x-kubernetes-int-or-string": true }, "1%"],
    [{ "x-kubernetes-int-or-string": true }, 1],
    [{ type: "object", "x-kubernetes-preserve-unknown-fields": true }, { any: [{ thing: 1 }] }],
    [{ type: "object", additionalProperties: { type: "string" } }, { a: "b" }],
  ])("%j takes %j, and keeps it", (schema, value) => {
    const store = worldWith({ type: "object", properties: { f: schema } });
    expect(store.create(THINGS, "shop", thing("a", { f: value }))["spec"]).toEqual({ f: value });
  });

  it("sets defaults where the parent is there, at any depth, also for a null", () => {
    const inner = { type: "object", properties: { d: { type: "string", default: "x" }, n: { type: "integer", default: 1 } } };
    const store = worldWith({
      type: "object",
      properties: { list: { type: "array", items: inner }, made: { ...inner, default: {} }, absent: inner },
    });
    expect(store.create(THINGS, "shop", thing("a", { list: [{ d: "y" }, { n: null }] }))["spec"]).toEqual({
      list: [
        { d: "y", n: 1 },
        { d: "x", n: 1 },
      ],
      made: { d: "x", n: 1 },
    });
  });

  it("prunes unknown fields with a warning, or refuses them", () => {
    const store = worldWith({
      type: "object",
      properties: { known: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } } },
    });
    const warnings: string[] = [];
    const create = (name: string, options: WriteOptions) =>
      store.create(THINGS, "shop", thing(name, { known: [{ a: "1", b: "2" }], other: 1 }), options);
    expect(create("a", { warn: (text) => warnings.push(text) })["spec"]).toEqual({ known: [{ a: "1" }] });
    expect(warnings).toEqual(['unknown field "spec.known[0].b"', 'unknown field "spec.other"']);
    expect(() => create("b", { fieldValidation: "Strict" })).toThrow(
      'strict decoding error: unknown field "spec.known[0].b", unknown field "spec.other"',
    );
  });
});

describe("rules", () => {
  const rule = (text: string, more: object = {}) => ({ "x-kubernetes-validations": [{ rule: text, message: "broken", ...more }] });

  it("run where the schema has them, with the value's own place", () => {
    const item = { type: "object", properties: { n: { type: "integer", ...rule("self < 3") } } };
    expect(problemsOf({ type: "array", items: item }, [{ n: 1 }, { n: 5 }])).toEqual(["spec.f[1].n: Invalid value: 5: broken"]);
  });

  it("may name a field, a reason and a message of their own", () => {
    const more = { fieldPath: ".n", reason: "FieldValueForbidden", messageExpression: "'not ' + string(self.n)" };
    expect(problemsOf({ type: "object", properties: { n: { type: "integer" } }, ...rule("self.n != 2", more) }, { n: 2 })).toEqual([
      "spec.f.n: Forbidden: not 2",
    ]);
  });

  it("read fields whose names CEL reserves", () => {
    const schema = { type: "object", properties: { namespace: { type: "string" } }, ...rule("self.__namespace__ == 'a'") };
    expect(problemsOf(schema, { namespace: "b" })).toEqual(["spec.f: Invalid value: broken"]);
  });

  it("that compare with the old value run on updates only", () => {
    const store = worldWith({ type: "object", properties: { f: { type: "string", ...rule("self == oldSelf") } } });
    const patch = (f: string) => () => store.patch(THINGS, "shop", "a", { type: "merge", body: { spec: { f } } });
    expect(problems(() => store.create(THINGS, "shop", thing("a", { f: "x" })))).toEqual([]);
    expect(problems(patch("y"))).toEqual(['spec.f: Invalid value: "y": broken']);
    expect(problems(patch("x"))).toEqual([]);
  });

  it("find the old item of a map list by its key", () => {
    const items = {
      type: "object",
      required: ["k"],
      properties: { k: { type: "string" }, v: { type: "integer", ...rule("self >= oldSelf") } },
    };
    const list = { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], items };
    const store = worldWith({ type: "object", properties: { f: list } });
    const items1 = [
      { k: "a", v: 1 },
      { k: "b", v: 5 },
    ];
    store.create(THINGS, "shop", thing("a", { f: items1 }));
    const turned = [
      { k: "b", v: 4 },
      { k: "a", v: 2 },
    ];
    expect(problems(() => store.patch(THINGS, "shop", "a", { type: "merge", body: { spec: { f: turned } } }))).toEqual([
      "spec.f[0].v: Invalid value: 4: broken",
    ]);
  });

  it("don't run on values that are of the wrong type, and that is said", () => {
    const found = problemsOf({ type: "integer", ...rule("self < 3") }, "x");
    expect(found).toHaveLength(2);
    expect(found[1]).toContain("some validation rules were not checked");
  });
});

describe("definitions", () => {
  it.each([
    ["a name that is not plural.group", { ...thingDefinition({ type: "object" }), metadata: { name: "x" } }, "metadata.name"],
    [
      "a field without a type",
      thingDefinition({ type: "object", properties: { f: {} } }),
      "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[f].type",
    ],
    [
      "a rule that can't be read",
      thingDefinition({ type: "object", "x-kubernetes-validations": [{ rule: "self ==" }] }),
      "spec.versions[0].schema.openAPIV3Schema",
    ],
  ])("%s is refused", (_, definition, field) => {
    const { store } = createWorld();
    expect(problems(() => store.create(DEFINITIONS, "", definition as KubeObject))[0]).toContain(field);
    expect(store.kinds.find("test.dev", "v1", "things")).toBeUndefined();
  });

  it("are established at once, and take their objects with them", () => {
    const store = worldWith({ type: "object" });
    expect(store.get(DEFINITIONS, "", "things.test.dev")).toMatchObject({
      spec: { names: { singular: "thing", listKind: "ThingList" } },
      status: { conditions: [{ type: "NamesAccepted" }, { type: "Established", status: "True" }], storedVersions: ["v1"] },
    });
    store.create(THINGS, "shop", thing("a", {}));
    const gone: string[] = [];
    store.subscribe(({ type, object }) => void (type === "DELETED" && gone.push(object.kind)));
    store.delete(DEFINITIONS, "", "things.test.dev");
    expect(gone).toEqual(["CustomResourceDefinition", "Thing"]);
    expect(() => store.list(THINGS)).toThrow("the server could not find the requested resource");
  });

  it("change the schema of objects that are there", () => {
    const store = worldWith({ type: "object", properties: { f: { type: "integer" } } });
    store.create(THINGS, "shop", thing("a", { f: 1 }));
    const { spec } = thingDefinition({ type: "object", properties: { f: { type: "integer" }, g: { type: "string", default: "x" } } });
    store.patch(DEFINITIONS, "", "things.test.dev", { type: "merge", body: { spec } });
    expect(store.patch(THINGS, "shop", "a", { type: "merge", body: { spec: { f: 2 } } })["spec"]).toEqual({ f: 2, g: "x" });
  });

  it("serve one object in several versions", () => {
    const { store } = createWorld();
    store.create(DEFINITIONS, "", standInDefinition("httproute"));
    const beta = { ...RESOURCES.httpRoutes, version: "v1beta1" };
    const route = { apiVersion: "gateway.networking.k8s.io/v1beta1", kind: "HTTPRoute", metadata: { name: "web" }, spec: {} };
    expect(store.create(beta, "shop", route).apiVersion).toBe("gateway.networking.k8s.io/v1beta1");
    expect(store.get(RESOURCES.httpRoutes, "shop", "web")).toMatchObject({
      apiVersion: "gateway.networking.k8s.io/v1",
      spec: { rules: [{ matches: [{ path: { type: "PathPrefix", value: "/" } }] }] },
    });
  });

  it.each([
    ["HTTPRoute", () => standInDefinition("httproute")],
    ["GRPCRoute", () => standInDefinition("grpcroute")],
    ["Serin's own", serinDefinition],
  ])("%s is accepted", (_, definition) => {
    const { store } = createWorld();
    expect(problems(() => store.create(DEFINITIONS, "", definition()))).toEqual([]);
  });
});

describe("HTTPRoutes", () => {
  const route = (backendRefs: object[], more: object = {}) => {
    const { store } = createWorld();
    store.create(DEFINITIONS, "", standInDefinition("httproute"));
    return store.create(RESOURCES.httpRoutes, "shop", {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "web" },
      spec: { parentRefs: [{ group: "", kind: "Service", name: "web", port: 80 }], rules: [{ backendRefs, ...more }] },
    });
  };
  it.each([
    ["a weight below 0", [{ name: "a", port: 80, weight: -1 }], {}, "spec.rules[0].backendRefs[0].weight"],
    ["a weight above a million", [{ name: "a", port: 80, weight: 1_000_001 }], {}, "spec.rules[0].backendRefs[0].weight"],
    ["a Service without a port", [{ name: "a" }], {}, "spec.rules[0].backendRefs[0]: "],
    ["a rule name that is no name", [{ name: "a", port: 80 }], { name: "No" }, "spec.rules[0].name"],
  ])("%s is refused", (_, backendRefs, more, field) => {
    expect(problems(() => route(backendRefs, more))[0]).toContain(field);
  });

  it("weigh 1 where nothing is said", () => {
    expect(route([{ name: "a", port: 80 }])["spec"]).toMatchObject({
      rules: [{ backendRefs: [{ group: "", kind: "Service", weight: 1 }] }],
    });
  });
});
