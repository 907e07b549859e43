/** What the controllers tell of what they did: the events that `kubectl describe` shows. */
import { expect, test } from "vitest";
import { forbidden } from "../../../../src/sim/kube/status-error.ts";
import { createWorld, deployment, NAMESPACE, type World } from "./support/world.ts";

const EVENTS = { group: "", version: "v1", plural: "events", kind: "Event" };

interface Told {
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly source: { readonly component: string };
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
}

const told = ({ store }: World) => store.list(EVENTS, { namespace: NAMESPACE }).items as unknown as readonly Told[];
const lines = (world: World, reason: string) =>
  told(world)
    .filter((event) => event.reason === reason)
    .map(({ message, involvedObject: { kind, name } }) => `${kind} ${name}: ${message}`);

test("sets that are made and resized, and each pod", () => {
  const world = createWorld({ events: true });
  world.create(deployment({ replicas: 2 }));
  world.run(5_000);
  const [set] = world.sets().map(({ metadata }) => metadata.name);
  expect(lines(world, "ScalingReplicaSet")).toEqual([`Deployment web: Scaled up replica set ${set} from 0 to 2`]);
  const pods = world.pods().map(({ metadata }) => metadata.name);
  expect(lines(world, "SuccessfulCreate").toSorted()).toEqual(pods.map((pod) => `ReplicaSet ${set}: Created pod: ${pod}`).toSorted());

  world.merge("deployments", "web", { spec: { replicas: 1 } });
  world.run(5_000);
  expect(lines(world, "ScalingReplicaSet")).toContain(`Deployment web: Scaled down replica set ${set} from 2 to 1`);
  const [left] = world.pods().map(({ metadata }) => metadata.name);
  expect(lines(world, "SuccessfulDelete")).toEqual([`ReplicaSet ${set}: Deleted pod: ${pods.find((pod) => pod !== left)}`]);
  expect(told(world).find(({ reason }) => reason === "ScalingReplicaSet")).toMatchObject({
    type: "Normal",
    count: 1,
    involvedObject: { uid: world.deployment("web").metadata.uid },
  });
});

test("of a set that somebody else resized, what the controller makes of it", () => {
  const world = createWorld({ events: true });
  world.create(deployment({ replicas: 2 }));
  world.run(5_000);
  const set = world.sets()[0]?.metadata.name ?? "";
  world.merge("replicaSets", set, { spec: { replicas: 3 } });
  world.run(5_000);
  expect(lines(world, "ScalingReplicaSet").slice(1)).toEqual([`Deployment web: Scaled down replica set ${set} from 3 to 2`]);
});

test("the same once more counts on", () => {
  const refuse = () => {
    throw forbidden({ group: "", plural: "pods", kind: "Pod" }, "", "exceeded quota: small");
  };
  const world = createWorld({ events: true, admitPod: refuse });
  world.create(deployment({ replicas: 1 }));
  world.run(60_000);
  const refusals = told(world).filter(({ reason }) => reason === "FailedCreate");
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toMatchObject({
    type: "Warning",
    message: expect.stringContaining("exceeded quota: small"),
    source: { component: "replicaset-controller" },
  });
  expect(refusals[0]?.count).toBeGreaterThan(3);
  expect(refusals[0]?.lastTimestamp).not.toBe(refusals[0]?.firstTimestamp);
});
