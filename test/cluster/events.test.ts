import { describe, expect, test } from "vitest";
import { createEventRecorder, type EventInput } from "../../src/cluster/events.ts";
import { systemClock } from "../../src/domain/clock.ts";
import type { KubeObject } from "../../src/domain/kube.ts";
import { clientFor, json, serve, status } from "./support/http.ts";

const rollout: KubeObject = {
  apiVersion: "serin.dev/v1alpha1",
  kind: "CanaryRollout",
  metadata: { name: "web", namespace: "shop", uid: "u1", resourceVersion: "7" },
};
const raised: EventInput = {
  regarding: rollout,
  type: "Normal",
  reason: "WeightRaised",
  action: "RaiseWeight",
  note: "5 % to revision abc",
  transition: "abc/0/1",
};

/** Checks events as the API server does, and keeps them by name. */
async function eventServer() {
  const events = new Map<string, Record<string, unknown> & KubeObject>();
  const server = await serve((request, response) => {
    const event = JSON.parse(request.body);
    const key = `${event.metadata.namespace}/${event.metadata.name}`;
    const badTime = !/\.\d{6}Z$/.test(event.eventTime);
    const badName = event.metadata.name.length > 253 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(event.metadata.name);
    const missing =
      !event.action || !event.reason || !event.reportingController || !event.reportingInstance || event.reportingInstance.length > 128;
    if (badTime || badName || missing || Buffer.byteLength(event.note) > 1024) {
      return json(response, 422, status(422, "Invalid", { details: { causes: [{ reason: "FieldValueInvalid" }] } }));
    }
    if (request.path !== `/apis/events.k8s.io/v1/namespaces/${event.metadata.namespace}/events`)
      return json(response, 400, status(400, "BadRequest"));
    if (events.has(key)) return json(response, 409, status(409, "AlreadyExists"));
    events.set(key, event);
    json(response, 201, event);
  });
  const failures: unknown[] = [];
  const record = createEventRecorder({
    verbs: clientFor(server.url),
    clock: systemClock,
    instance: "serin-0",
    onFailure: (error) => failures.push(error),
  });
  return { events, failures, record };
}

describe("events", () => {
  test("an event says what, about whom, by whom", async () => {
    const { events, failures, record } = await eventServer();
    await record({ ...raised, related: { ...rollout, kind: "Deployment", apiVersion: "apps/v1" } });
    expect(failures).toEqual([]);
    expect([...events.values()]).toMatchObject([
      {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { namespace: "shop" },
        reportingController: "serin.dev/controller",
        reportingInstance: "serin-0",
        regarding: { apiVersion: "serin.dev/v1alpha1", kind: "CanaryRollout", namespace: "shop", name: "web", uid: "u1" },
        related: { apiVersion: "apps/v1", kind: "Deployment" },
        ...{ type: "Normal", reason: "WeightRaised", action: "RaiseWeight", note: "5 % to revision abc" },
      },
    ]);
  });

  test("a transition told again, after a crash or by a successor, is the same event and no failure", async () => {
    const { events, failures, record } = await eventServer();
    await record(raised);
    await record({ ...raised, note: "told by the successor" });
    expect([events.size, failures]).toEqual([1, []]);
  });

  test("another transition, reason or object is another event", async () => {
    const { events, record } = await eventServer();
    const recreated = { ...rollout, metadata: { ...rollout.metadata, uid: "u2" } };
    const deployment = { ...rollout, kind: "Deployment" };
    const others = [
      raised,
      { ...raised, transition: "abc/0/2" },
      { ...raised, reason: "WeightLowered" },
      { ...raised, regarding: recreated },
    ];
    for (const each of [...others, { ...raised, regarding: deployment }]) await record(each);
    expect(events.size).toBe(5);
  });

  test("long notes and names are cut to what the server takes, between characters", async () => {
    const { events, failures, record } = await eventServer();
    const regarding = { ...rollout, metadata: { ...rollout.metadata, name: `${"a".repeat(235)}-.${"b".repeat(16)}` } };
    await record({ ...raised, regarding, note: `x${"é".repeat(800)}` });
    expect(failures).toEqual([]);
    const note = String([...events.values()][0]?.["note"]);
    expect(note).toMatch(/^xé+…$/);
    expect(Buffer.byteLength(note)).toBeGreaterThan(1020);
  });

  test("a failure is reported and not thrown", async () => {
    const { failures, record } = await eventServer();
    await record({ ...raised, action: "" });
    expect(failures).toMatchObject([{ kind: "invalid" }]);
  });
});
