/** Leaving a cluster whose controller is gone: everything that is held is listed, given back, and nothing hangs afterwards. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { observeObjects } from "../../../src/cli/eject/observe.ts";
import { type Item, inventoryOf } from "../../../src/cli/uninstall/inventory.ts";
import { type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";
import { NAMESPACE } from "../../../src/sim/world/world.ts";
import type { Story } from "../../stories/story.ts";
import { deployment, service } from "../../support/manifests.ts";
import { clientOf, left, REPLICAS, small, stopController, watchOutages } from "../eject/support.ts";
import { openShop, type Shop } from "../support/server.ts";

const SLOW_MS = 120_000;
const NAMESPACES = { group: "", version: "v1", plural: "namespaces", kind: "Namespace" };

async function midRelease(): Promise<Story> {
  const story = await small();
  story.push("checkout:2");
  await story.world.until("50 %", () => story.weights() === "50/50");
  stopController(story);
  return story;
}

async function inventory(story: Story, namespace?: string): Promise<Item[]> {
  return inventoryOf(await observeObjects(clientOf(story.world.store), namespace), story.world.clock.now());
}

const told = ({ namespace, name, holds }: Item) => holds.map(({ kind, object }) => `${namespace}/${name} ${kind} ${object}`);

function inNamespace(story: Story, namespace: string, object: KubeObject, metadata: object = {}): void {
  const resource = object.kind === "Service" ? RESOURCES.services : RESOURCES.deployments;
  story.world.store.create(resource, namespace, { ...object, metadata: { ...object.metadata, ...metadata, namespace } });
}

describe("what is held", () => {
  test("of a running release: every pause, pin, route, Service, trial, mark and finalizer", async () => {
    const story = await midRelease();
    const [item, ...others] = await inventory(story);
    expect(others).toEqual([]);
    const revision = story.status().canary?.revision;
    expect(told(item!)).toEqual([
      "shop/checkout pause Deployment checkout",
      "shop/checkout pin Service checkout",
      "shop/checkout route HTTPRoute checkout",
      "shop/checkout service Service checkout-stable",
      "shop/checkout service Service checkout-canary",
      `shop/checkout trial ReplicaSet checkout-${revision}`,
      ...["rollout", "release", "original"].map(() => "shop/checkout mark Deployment checkout"),
      "shop/checkout finalizer CanaryRollout checkout",
    ]);
    expect(item?.steps.map(({ title }) => title)).toEqual([
      expect.stringMatching(/^hands off/),
      "all requests to stable: HTTPRoute checkout to 100/0",
      `trial checkout-${revision} to 0 pods`,
      "the trial's pods and endpoints go",
      "HTTPRoute checkout away",
      "Service checkout selects all its pods again",
      "Service checkout-stable away",
      "Service checkout-canary away",
      `trial checkout-${revision} away`,
      "Deployment checkout stays frozen: its template is untried",
      "CanaryRollout checkout can be deleted without a controller",
    ]);
  });

  test("of one that is idle: its pause, marks and finalizer", async () => {
    const [item] = await inventory(await small());
    expect(new Set(item?.holds.map(({ kind }) => kind))).toEqual(new Set(["pause", "mark", "finalizer"]));
  });

  test("without a CanaryRollout too: what carries its label, what is marked, what is pinned", async () => {
    const story = await midRelease();
    const { store } = story.world;
    store.patch(RESOURCES.canaryRollouts, NAMESPACE, "checkout", { type: "merge", body: { metadata: { finalizers: [] } } });
    store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    store.create(NAMESPACES, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "copy" } });
    inNamespace(story, "copy", deployment("checkout:1", 2), { annotations: { "serin.dev/rollout": "checkout/another-uid" } });
    store.create(NAMESPACES, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "pinned" } });
    inNamespace(story, "pinned", deployment("checkout:1", 2));
    await story.world.advance(10_000);
    const [set] = store.list(RESOURCES.replicaSets, { namespace: "pinned" }).items;
    const pinned = service();
    const hash = set?.metadata.labels?.["pod-template-hash"];
    inNamespace(story, "pinned", {
      ...pinned,
      spec: { ...(pinned["spec"] as object), selector: { app: "checkout", "pod-template-hash": hash } },
    });

    const items = await inventory(story);
    expect(items.flatMap(told)).toEqual(
      expect.arrayContaining([
        "copy/checkout mark Deployment checkout",
        "pinned/checkout pin Service checkout",
        "shop/checkout pin Service checkout",
        expect.stringMatching(/^shop\/checkout trial ReplicaSet checkout-/),
      ]),
    );
    // A copied Deployment was never paused by the mark that it carries.
    expect(told(items.find(({ namespace }) => namespace === "copy")!)).toEqual(["copy/checkout mark Deployment checkout"]);
    expect((await inventory(story, "pinned")).map(({ namespace }) => namespace)).toEqual(["pinned"]);
  });

  test("nothing of Serin's, nothing held", async () => {
    const story = await small();
    story.world.store.create(NAMESPACES, "", { apiVersion: "v1", kind: "Namespace", metadata: { name: "plain" } });
    inNamespace(story, "plain", deployment("checkout:1", 2));
    inNamespace(story, "plain", service());
    await story.world.advance(10_000);
    expect(await inventory(story, "plain")).toEqual([]);
  });
});

describe("serin uninstall", () => {
  let story: Story;
  let shop: Shop;
  let stopTime: () => Promise<void>;

  beforeEach(async () => {
    story = await midRelease();
    shop = await openShop({ store: story.world.store });
    let going = true;
    const passing = (async () => {
      while (going) {
        await story.world.advance(10);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    stopTime = () => {
      going = false;
      return passing;
    };
  });
  afterEach(async () => {
    await stopTime();
    await shop.close();
  });

  test("--dry-run lists what is held and the order, for people and machines, and changes nothing", { timeout: SLOW_MS }, async () => {
    const versions = () =>
      JSON.stringify(
        [RESOURCES.deployments, RESOURCES.services, RESOURCES.httpRoutes, RESOURCES.canaryRollouts].map(
          (resource) => story.world.store.list(resource).items,
        ),
      );
    const before = versions();
    const { code, stdout } = await shop.run("uninstall", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop\/checkout {2}Progressing\n {2}pause {5}Deployment checkout {2}spec\.paused\n/);
    expect(stdout).toMatch(/ {2}in this order\n {4}1\. hands off[^\n]*\n {4}2\. all requests to stable/);
    expect(stdout).toContain("Deployment checkout stays paused: its template was never released.");
    expect(stdout).toMatch(/then, in this order:\n {2}kubectl delete -k deploy\/cluster\n/);
    const json = JSON.parse((await shop.run("uninstall", "--dry-run", "-o", "json")).stdout);
    expect(json).toMatchObject({
      scope: "all namespaces",
      done: false,
      rollouts: [{ namespace: "shop", name: "checkout", phase: "Progressing", deployment: "checkout", untried: true }],
      afterwards: ["kubectl delete -k deploy/cluster", expect.stringContaining("serin.dev/hands-off-")],
    });
    expect(json.rollouts[0].holds).toContainEqual({ kind: "pause", object: "Deployment checkout", detail: "spec.paused" });
    expect(json.rollouts[0].steps[1].kubectl[0]).toMatch(
      /^kubectl -n shop patch httproutes.gateway.networking.k8s.io checkout --type=json /,
    );
    expect(versions()).toBe(before);
  });

  test("gives everything back without a controller, and no finalizer holds the namespace afterwards", { timeout: SLOW_MS }, async () => {
    const outages = watchOutages(story.world);
    const { code, stdout } = await shop.run("uninstall");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop\/checkout: hands off[^\n]*\nshop\/checkout: all requests to stable/);
    expect(stdout).toContain("what is left to do, in this order:\n  kubectl delete -k deploy/cluster");
    expect(left(story)).toMatchObject({
      route: false,
      services: ["checkout"],
      trials: 0,
      pin: undefined,
      paused: true,
      finalizers: [],
      pods: { "checkout:1": REPLICAS },
    });
    expect(outages).toEqual([]);
    expect((await shop.run("uninstall", "-o", "json")).stdout).toContain('"done": true');
    story.world.store.delete(RESOURCES.canaryRollouts, NAMESPACE, "checkout");
    expect(story.world.store.find(RESOURCES.canaryRollouts, NAMESPACE, "checkout")).toBeUndefined();
  });

  test("of one namespace only", { timeout: SLOW_MS }, async () => {
    const { code, stdout } = await shop.run("uninstall", "-n", "empty");
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Serin holds nothing in namespace empty\n/) });
    expect(left(story)).toMatchObject({ route: true, paused: true });
  });
});
