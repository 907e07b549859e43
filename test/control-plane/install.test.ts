/** The install, applied to a real API server as the docs say, with Pod Security enforced and every object taken without a warning. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlane, type TestPlane } from "../support/control-plane.ts";

const deploy = (name: string) => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
let real: TestPlane;

beforeAll(async () => {
  real = await startTestPlane();
}, 180_000);
afterAll(() => real.close());

interface Listed {
  readonly items: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[];
}

async function objectsIn(namespace: string): Promise<string[]> {
  const kinds = "serviceaccounts,deployments,services,poddisruptionbudgets,networkpolicies,roles,rolebindings";
  const { items } = JSON.parse(await real.kubectl("get", kinds, "-n", namespace, "-o", "json")) as Listed;
  return items.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();
}

test("the whole cluster: every object is taken, strictly, and applying it again changes nothing", async () => {
  await real.kubectl("apply", "--server-side", "--force-conflicts", "--validate=strict", "-k", deploy("cluster"));
  expect(await objectsIn("serin-system")).toEqual(
    expect.arrayContaining([
      "Deployment/serin",
      "NetworkPolicy/serin",
      "PodDisruptionBudget/serin",
      "Role/serin-lease",
      "RoleBinding/serin-lease",
      "Service/serin",
      "ServiceAccount/serin",
    ]),
  );
  expect(await real.kubectl("diff", "--server-side", "--force-conflicts", "-k", deploy("cluster"))).toBe("");
});

test("its pods pass Pod Security restricted: Kubernetes makes both", async () => {
  await real.kubectl("wait", "-n", "serin-system", "deployment/serin", "--for=jsonpath={.status.replicas}=2", "--timeout=60s");
  const replicas = await real.kubectl("get", "deployment", "serin", "-n", "serin-system", "-o", "json");
  const conditions = (JSON.parse(replicas) as { status: { conditions: { type: string; status: string }[] } }).status.conditions;
  expect(conditions.find(({ type }) => type === "ReplicaFailure")).toBeUndefined();
});

test("selectors name the controller's own pods and no others", async () => {
  const own = { "app.kubernetes.io/name": "serin", "app.kubernetes.io/component": "controller" };
  const at = async (kind: string, path: string) =>
    JSON.parse(await real.kubectl("get", kind, "serin", "-n", "serin-system", "-o", `jsonpath={${path}}`));
  expect(await at("deployment", ".spec.selector.matchLabels")).toEqual(own);
  expect(await at("service", ".spec.selector")).toEqual(own);
  expect(await at("poddisruptionbudget", ".spec.selector.matchLabels")).toEqual(own);
  expect(await at("networkpolicy", ".spec.podSelector.matchLabels")).toEqual(own);
});

test("one namespace: a Role and no cluster rights; a person with rights there alone may apply it", async () => {
  await real.kubectl("create", "namespace", "team");
  await real.kubectl("apply", "--server-side", "-n", "team", "-k", deploy("namespaced"));
  expect(await objectsIn("team")).toEqual(expect.arrayContaining(["Deployment/serin", "Role/serin", "RoleBinding/serin"]));
  const rendered = await real.kubectl("kustomize", deploy("namespaced"));
  expect(rendered).not.toMatch(/kind: (Cluster|Custom|Namespace\b)/);
  const env = await real.kubectl(
    "get",
    "deployment",
    "serin",
    "-n",
    "team",
    "-o",
    "jsonpath={.spec.template.spec.containers[0].env[*].name}",
  );
  expect(env.split(" ")).toContain("SERIN_NAMESPACE");
});

test("both ways grant the same, but for what belongs to the cluster", async () => {
  const rulesOf = async (...args: string[]) =>
    (JSON.parse(await real.kubectl("get", ...args, "-o", "json")) as { rules: object[] }).rules.map((rule) => JSON.stringify(rule));
  const everywhere = await rulesOf("clusterrole", "serin");
  // Policies belong to the cluster: whoever may not read them freezes always.
  const cluster = [
    ...everywhere.filter((rule) => !rule.includes("admissionregistration")),
    ...(await rulesOf("role", "serin-lease", "-n", "serin-system")),
  ];
  expect((await rulesOf("role", "serin", "-n", "team")).sort()).toEqual(cluster.sort());
});
