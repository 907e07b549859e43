/** What the controller knows of the policy that freezes on change: since when it may be relied on, and when no more. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ListOptions, WatchOptions } from "../../src/cluster/api.ts";
import { createFreezePolicy, type FreezePolicy } from "../../src/controller/freeze-policy.ts";
import type { Resource } from "../../src/domain/kube.ts";
import { createModelServer, type ModelServer } from "../cluster/support/model-server.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PLAIN = { namespaceSelector: {}, objectSelector: {}, matchPolicy: "Equivalent" };

let clock: VirtualClock;
let servers: Record<string, ModelServer>;
let told: boolean[];
let failures: string[];
let stop: AbortController;
let freezePolicy: FreezePolicy;
let known: boolean;

beforeEach(() => {
  clock = createVirtualClock();
  servers = { mutatingadmissionpolicies: createModelServer(clock), mutatingadmissionpolicybindings: createModelServer(clock) };
  told = [];
  failures = [];
  known = false;
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await clock.advance(0);
});

const serverOf = ({ plural }: Resource) => servers[plural] as ModelServer;
const policies = () => servers["mutatingadmissionpolicies"] as ModelServer;
const bindings = () => servers["mutatingadmissionpolicybindings"] as ModelServer;
const both = () => [policies(), bindings()];
const requests = () => both().flatMap(({ lists, watches }) => [...lists, ...watches]).length;

async function start(): Promise<void> {
  freezePolicy = createFreezePolicy({
    client: {
      list: (resource: Resource, options: ListOptions, signal) => serverOf(resource).client.list(resource, options, signal),
      watch: (resource: Resource, options: WatchOptions, signal) => serverOf(resource).client.watch(resource, options, signal),
    },
    clock,
    random: () => 0.5,
    onChange: () => told.push(freezePolicy.inForce()),
    onFailure: (resource) => failures.push(resource),
  });
  void freezePolicy.known.then(() => {
    known = true;
  });
  void freezePolicy.run(stop.signal);
  await clock.advance(0);
}

function created(server: ModelServer, spec: object): void {
  const creationTimestamp = new Date(clock.now()).toISOString();
  server.write("serin-freeze", 1, { metadata: { name: "serin-freeze", creationTimestamp }, spec });
}
const policyIs = (constraints: object = PLAIN) => created(policies(), { matchConstraints: constraints });
const bindingIs = (more: object = {}) => created(bindings(), { policyName: "serin-freeze", ...more });
const refused = (server: ModelServer, status: 403 | 404, times = 1_000) =>
  server.failNext("list", times, status === 403 ? "stalled" : "gone", { status, reason: status === 403 ? "Forbidden" : "NotFound" });

describe("in force", () => {
  test("ten seconds after the younger of the two was made, and every rollout is told once", async () => {
    await start();
    expect([known, freezePolicy.inForce()]).toEqual([true, false]);
    policyIs();
    await clock.advance(HOUR);
    bindingIs();
    await clock.advance(9_999);
    expect([freezePolicy.inForce(), told]).toEqual([false, []]);
    await clock.advance(1);
    expect([freezePolicy.inForce(), told]).toEqual([true, [true]]);
    await clock.advance(HOUR);
    expect(told).toEqual([true]);
  });

  test("at once where both are old when the controller starts", async () => {
    policyIs();
    bindingIs();
    await clock.advance(HOUR);
    await start();
    expect([known, freezePolicy.inForce()]).toEqual([true, true]);
  });

  test.each(["the policy", "the binding"])(
    "not any more as soon as %s is deleted, and again ten seconds after it was made anew",
    async (what) => {
      policyIs();
      bindingIs();
      await start();
      await clock.advance(10_000);
      const server = what === "the policy" ? policies() : bindings();
      server.erase("serin-freeze");
      await clock.advance(0);
      expect([freezePolicy.inForce(), told]).toEqual([false, [true, false]]);
      if (what === "the policy") policyIs();
      else bindingIs();
      await clock.advance(10_000);
      expect([freezePolicy.inForce(), told]).toEqual([true, [true, false, true]]);
    },
  );

  test.each<[string, () => void]>([
    ["the binding names some namespaces", () => bindingIs({ matchResources: { namespaceSelector: { matchLabels: { team: "a" } } } })],
    ["the binding names some objects", () => bindingIs({ matchResources: { objectSelector: { matchLabels: { team: "a" } } } })],
    ["the binding excludes something", () => bindingIs({ matchResources: { excludeResourceRules: [{ resourceNames: ["checkout"] }] } })],
    ["the binding needs a parameter", () => bindingIs({ paramRef: { name: "where" } })],
    ["the binding is another policy's", () => bindingIs({ policyName: "another" })],
    ["the policy names some namespaces", () => policyIs({ ...PLAIN, namespaceSelector: { matchLabels: { team: "a" } } })],
  ])("not where it covers only some Deployments: %s", async (_, narrow) => {
    policyIs();
    bindingIs();
    await start();
    await clock.advance(10_000);
    narrow();
    await clock.advance(HOUR);
    expect([freezePolicy.inForce(), told]).toEqual([false, [true, false]]);
  });

  test("where a selector was written out and is empty it covers all", async () => {
    policyIs();
    bindingIs({ matchResources: PLAIN });
    await start();
    await clock.advance(10_000);
    expect(freezePolicy.inForce()).toBe(true);
  });
});

describe("where it cannot be read", () => {
  test.each([403, 404] as const)("%i: known at once that there is none, nobody is warned, and hardly ever looked for", async (status) => {
    for (const server of both()) refused(server, status);
    await start();
    expect([known, freezePolicy.isKnown, freezePolicy.inForce(), failures]).toEqual([true, true, false, []]);
    await clock.advance(HOUR);
    const before = requests();
    await clock.advance(HOUR);
    expect(requests() - before).toBeLessThanOrEqual(2 * 20);
    expect(failures).toEqual([]);
  });

  test("an API server that does not answer is no answer: it is waited for, and the failure is told", async () => {
    policyIs();
    bindingIs();
    await clock.advance(HOUR);
    for (const server of both()) server.failNext("list", 3);
    await start();
    expect([known, freezePolicy.isKnown, freezePolicy.inForce()]).toEqual([false, false, false]);
    expect(failures).toEqual(["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"]);
    await clock.advance(MINUTE);
    expect([known, freezePolicy.isKnown, freezePolicy.inForce(), told]).toEqual([true, true, true, [true]]);
  });

  test("refused for a moment, as by an API server that starts, nothing changes; for three minutes, there is none; allowed again, there is", async () => {
    policyIs();
    bindingIs();
    await start();
    await clock.advance(10_000);
    const failing = (times: number) => {
      bindings().failNext("watch", times, "stalled", { status: 403, reason: "Forbidden" });
      refused(bindings(), 403, times);
      bindings().disconnect();
    };
    failing(2);
    await clock.advance(10 * MINUTE);
    expect([freezePolicy.inForce(), told]).toEqual([true, [true]]);
    failing(12);
    await clock.advance(4 * MINUTE);
    expect([freezePolicy.inForce(), told]).toEqual([false, [true, false]]);
    await clock.advance(HOUR);
    expect([freezePolicy.inForce(), told]).toEqual([true, [true, false, true]]);
  });

  test("idle it costs two watches and nothing else", async () => {
    policyIs();
    bindingIs();
    await start();
    await clock.advance(MINUTE);
    const lists = () => both().flatMap((server) => server.lists).length;
    expect(lists()).toBe(2);
    expect(both().map(({ openWatches }) => openWatches)).toEqual([1, 1]);
    expect(both().flatMap(({ watches }) => watches.map(({ fieldSelector }) => fieldSelector))).toEqual(
      Array(2).fill("metadata.name=serin-freeze"),
    );
    await clock.advance(50 * MINUTE);
    expect(lists()).toBe(2);
  });
});
