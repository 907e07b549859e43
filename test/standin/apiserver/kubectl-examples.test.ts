/** What a person does with kubectl and a CanaryRollout (`test/control-plane/kubectl.test.ts`), on the stand-in. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESOURCES } from "../../../src/domain/kube.ts";
import { createStore, type KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { requires } from "../../support/requires.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";

const run = promisify(execFile);
const kubectlNeeded = requires("kubectl");
const EXAMPLES = fileURLToPath(new URL("../../../examples/", import.meta.url));
const DEFINITION = fileURLToPath(new URL("../../../crds/serin.dev_canaryrollouts.yaml", import.meta.url));
const SHOP = ["-n", "shop"];

describe.skipIf(kubectlNeeded.skip)(`kubectl and a CanaryRollout${kubectlNeeded.why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-examples-"));
  const env = { ...process.env, KUBECONFIG: join(folder, "config"), HOME: folder };
  const kubectl = async (...args: string[]) => (await run("kubectl", args, { env })).stdout;
  const refusal = (...args: string[]) =>
    kubectl(...args).then(
      () => "",
      (error: unknown) => (error as { stderr: string }).stderr,
    );
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  let store: KubeStore;
  let server: ApiServer;

  beforeAll(async () => {
    store = createStore({ now: Date.now, namespaces: ["default", "shop"] });
    for (const name of ["httproute", "grpcroute"] as const) {
      installDefinition(store, standInDefinition(name));
    }
    server = await startApiServer({ store });
    writeFileSync(env.KUBECONFIG, server.kubeconfig("default"));
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("apply takes the CRD client side and server side, again without a change", async () => {
    expect(await kubectl("apply", "-f", DEFINITION)).toContain("created");
    expect(await kubectl("apply", "-f", DEFINITION)).toContain("unchanged");
    expect(await kubectl("apply", "--server-side", "--force-conflicts", "-f", DEFINITION)).toContain("serverside-applied");
    expect(await kubectl("diff", "--server-side", "-f", DEFINITION)).toBe("");
  });

  it.each(readdirSync(EXAMPLES).filter((name) => name.endsWith(".yaml")))(
    "example %s: client side, server side, no drift",
    async (name) => {
      const example = `${EXAMPLES}${name}`;
      await kubectl("apply", ...SHOP, "-f", example);
      expect(await kubectl("apply", ...SHOP, "-f", example)).not.toMatch(/configured|created/);
      expect(await kubectl("apply", "--server-side", ...SHOP, "-f", example)).toContain("serverside-applied");
      expect(await kubectl("diff", ...SHOP, "-f", example)).toBe("");
      await kubectl("delete", ...SHOP, "-f", example);
    },
  );

  it("explain has every field's words, and the shape of the built-in kinds", async () => {
    const printed = await kubectl("explain", "cro.spec.strategy.steps");
    expect(printed).toContain("minDuration\t<string>");
    expect(printed).toMatch(/Share of the requests that the canary gets/);
    expect(printed).toMatch(/weight\s+<Object> -required-/);
    expect(await kubectl("explain", "deployment.spec.template.spec.containers")).toMatch(/readinessProbe\s+<Probe>/);
  });

  it("a mistake is refused with the field, the value and the fix, client side and server side", async () => {
    const bad = file(
      "bad.yaml",
      "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: bad, namespace: default}\nspec:\n  targetRef: {kind: Deployment, name: checkout}\n  strategy: {steps: [{weight: 20}, {weight: 5}]}\n",
    );
    for (const way of [[], ["--server-side"]]) {
      expect(await refusal("apply", ...way, "-f", bad)).toContain(
        "spec.strategy.steps: Invalid value: steps must not decrease: sort them by weight",
      );
    }
  });

  it("a second manager is told of the conflict, and how to take the field", async () => {
    const size = (replicas: number) =>
      file(
        "size.yaml",
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: size}\nspec:\n  replicas: ${replicas}\n  selector: {matchLabels: {app: a}}\n  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: "a:1"}]}}\n`,
      );
    await kubectl("apply", "--server-side", "--field-manager=gitops", "-f", size(1));
    const told = await refusal("apply", "--server-side", "--field-manager=person", "-f", size(2));
    expect(told).toContain('Apply failed with 1 conflict: conflict with "gitops": .spec.replicas');
    await kubectl("apply", "--server-side", "--field-manager=person", "--force-conflicts", "-f", size(2));
    expect(await kubectl("get", "deploy", "size", "-o", "jsonpath={.spec.replicas}")).toBe("2");
  });

  it("an unknown field of a built-in kind is refused, or warned of and dropped", async () => {
    const typo = file(
      "typo.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: {name: typo}\nspec: {ports: [{port: 80, targetport: 8080}]}\n",
    );
    expect(await refusal("create", "-f", typo)).toContain('strict decoding error: unknown field "spec.ports[0].targetport"');
    const { stdout, stderr } = await run("kubectl", ["create", "--validate=warn", "-f", typo, "-o", "json"], { env });
    expect(stderr).toContain('Warning: unknown field "spec.ports[0].targetport"');
    expect(JSON.parse(stdout).spec.ports).toEqual([{ port: 80, protocol: "TCP", targetPort: 80 }]);
  });

  it("describe and events find what was told of an object", async () => {
    const rollout = file(
      "one.yaml",
      "apiVersion: serin.dev/v1alpha1\nkind: CanaryRollout\nmetadata: {name: checkout}\nspec: {targetRef: {kind: Deployment, name: checkout}}\n",
    );
    await kubectl("create", "-f", rollout);
    const { uid = "" } = store.get(RESOURCES.canaryRollouts, "default", "checkout").metadata;
    const about = { apiVersion: "serin.dev/v1alpha1", kind: "CanaryRollout", name: "checkout", namespace: "default" };
    for (const [name, regarding] of Object.entries({ told: { ...about, uid }, other: { ...about, name: "other", uid: "other" } })) {
      store.create({ group: "events.k8s.io", version: "v1", plural: "events", kind: "Event" }, "default", {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name },
        eventTime: "2026-11-25T09:00:00.000000Z",
        reportingController: "serin.dev/controller",
        reportingInstance: "serin-0",
        action: "Release",
        reason: "ReleaseStarted",
        note: `release of ${name}`,
        type: "Normal",
        regarding,
      });
    }
    const described = await kubectl("describe", "cro", "checkout");
    expect(described).toMatch(/Normal\s+ReleaseStarted .*release of told/);
    expect(described).not.toContain("release of other");
    expect(await kubectl("events", "--for", "cro/checkout")).toMatch(/ReleaseStarted\s+CanaryRollout\/checkout\s+release of told/);
  });
});
