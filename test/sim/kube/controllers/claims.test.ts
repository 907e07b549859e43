import { describe, expect, test } from "vitest";
import type { KubeObject, OwnerReference } from "../../../../src/domain/kube.ts";
import { claims } from "../../../../src/sim/kube/controllers/claims.ts";

const selector = { matchLabels: { app: "web" } };
const reference = (uid: string, controller: boolean): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  name: uid,
  uid,
  controller,
});

interface Traits {
  readonly app?: string;
  readonly owners?: readonly OwnerReference[];
  readonly deleted?: boolean;
}

function object({ app = "web", owners = [], deleted = false }: Traits): KubeObject {
  const metadata = {
    name: "x",
    uid: "x",
    labels: { app },
    ownerReferences: owners,
    ...(deleted && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  };
  return { apiVersion: "apps/v1", kind: "ReplicaSet", metadata };
}

function verdict(owner: Traits, candidate: Traits): string {
  const { owned, adopt, release } = claims({ ...object(owner), metadata: { ...object(owner).metadata, uid: "me" } }, selector, [
    object(candidate),
  ]);
  return owned.length > 0 ? "owned" : adopt.length > 0 ? "adopt" : release.length > 0 ? "release" : "ignore";
}

describe("what a controller does with an object", () => {
  test.each<[string, Traits, string]>([
    ["an orphan that matches", {}, "adopt"],
    ["an orphan that doesn't match", { app: "else" }, "ignore"],
    ["an orphan that matches, on its way out", { deleted: true }, "ignore"],
    ["one that refers to it without a claim, and matches", { owners: [reference("me", false)] }, "adopt"],
    ["one that refers to it without a claim, and doesn't match", { app: "else", owners: [reference("me", false)] }, "ignore"],
    ["its own", { owners: [reference("me", true)] }, "owned"],
    ["its own, on its way out", { owners: [reference("me", true)], deleted: true }, "owned"],
    ["its own that no longer matches", { app: "else", owners: [reference("me", true)] }, "release"],
    ["somebody else's", { owners: [reference("you", true)] }, "ignore"],
    ["somebody else's that refers to it too", { owners: [reference("me", false), reference("you", true)] }, "ignore"],
  ])("%s: %s", (_name, candidate, expected) => {
    expect(verdict({}, candidate)).toBe(expected);
  });

  test("being deleted itself, it neither adopts nor releases", () => {
    expect(verdict({ deleted: true }, {})).toBe("ignore");
    expect(verdict({ deleted: true }, { app: "else", owners: [reference("me", true)] })).toBe("ignore");
    expect(verdict({ deleted: true }, { owners: [reference("me", true)] })).toBe("owned");
  });
});
