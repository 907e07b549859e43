/** An unmodified kubectl against the stand-in, in steps that depend on each other. Old ones (1.20) need the plain discovery, and lack a few flags. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { systemClock } from "../../../src/domain/clock.ts";
import { type Deployment, type KubeObject, RESOURCES } from "../../../src/domain/kube.ts";
import { type ControllerManager, createControllerManager } from "../../../src/sim/kube/controllers/index.ts";
import { createStore, type KubeStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { requires } from "../../support/requires.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";
import { fixtureText } from "./support/recording.ts";

const run = promisify(execFile);
const kubectlNeeded = requires("kubectl");
const MANIFESTS = fileURLToPath(new URL("../../fixtures/kube-apiserver/manifests/", import.meta.url));

describe.skipIf(kubectlNeeded.skip)(`an unmodified kubectl${kubectlNeeded.why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-kubectl-"));
  const env = { ...process.env, KUBECONFIG: join(folder, "config"), HOME: folder };
  let store: KubeStore;
  let server: ApiServer;
  let manager: ControllerManager;

  const kubectl = async (...args: string[]) => (await run("kubectl", args, { env })).stdout;
  const failing = async (...args: string[]) => {
    const error: unknown = await run("kubectl", args, { env }).catch((reason: unknown) => reason);
    return (error as { stderr?: string }).stderr ?? "";
  };
  const rollout = () =>
    store.get(RESOURCES.canaryRollouts, "shop", "web") as KubeObject & { spec: { suspend: boolean }; status: { phase?: string } };
  const deployment = () => store.find(RESOURCES.deployments, "shop", "web") as Deployment | undefined;

  beforeAll(async () => {
    store = createStore({ now: Date.now, namespaces: ["default", "shop"] });
    installDefinition(store, parse(fixtureText("manifests/crd.yaml")) as KubeObject);
    installDefinition(store, standInDefinition("httproute"));
    manager = createControllerManager({ store, clock: systemClock });
    server = await startApiServer({ store, token: "let-me-in" });
    writeFileSync(env.KUBECONFIG, server.kubeconfig("shop"));
  });
  afterAll(async () => {
    manager.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  it("creates from files and shows tables", async () => {
    await kubectl("create", "-f", join(MANIFESTS, "web.yaml"), "-f", join(MANIFESTS, "cro.yaml"));
    const table = await kubectl("get", "cro,svc,deploy");
    expect(table).toMatch(/NAME\s+PHASE\s+WEIGHT\s+AGE\ncanaryrollout.serin.dev\/web\s+\d+s/);
    expect(table).toMatch(/service\/web\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80\/TCP/);
    expect(table).toMatch(/deployment.apps\/web\s+0\/3\s+3\s+0/);
  });

  it("prints what is stored, as YAML", async () => {
    const { managedFields, ...metadata } = rollout().metadata;
    const printed = parse(await kubectl("get", "cro", "web", "-o", "yaml"));
    // An old kubectl prints the managed fields too.
    const all = printed.metadata.managedFields === undefined ? metadata : { ...metadata, managedFields };
    expect(printed).toEqual({ ...rollout(), metadata: all });
  });

  it("patches by merge and by JSON, and shows why a test failed", async () => {
    await kubectl("patch", "cro", "web", "--type", "merge", "-p", '{"spec":{"suspend":true}}');
    expect(rollout().spec.suspend).toBe(true);
    const guarded = JSON.stringify([
      { op: "test", path: "/spec/suspend", value: true },
      { op: "replace", path: "/spec/suspend", value: false },
    ]);
    await kubectl("patch", "cro", "web", "--type", "json", "-p", guarded);
    expect(rollout().spec.suspend).toBe(false);
    expect(await failing("patch", "cro", "web", "--type", "json", "-p", guarded)).toMatch(
      /the server rejected our request|The request is invalid/,
    );
  });

  it("patches the status, and waits for it", async () => {
    if (!(await kubectl("patch", "--help")).includes("--subresource")) {
      return;
    }
    await kubectl("patch", "cro", "web", "--subresource", "status", "--type", "merge", "-p", '{"status":{"phase":"Ready"}}');
    expect(rollout().status.phase).toBe("Ready");
    expect(await kubectl("wait", "cro/web", "--for=jsonpath={.status.phase}=Ready", "--timeout=30s")).toContain("condition met");
  });

  it("waits for conditions", async () => {
    const printed = await kubectl("wait", "crd/canaryrollouts.serin.dev", "--for=condition=Established", "--timeout=30s");
    expect(printed).toContain("condition met");
  });

  it("annotates and labels", async () => {
    await kubectl("annotate", "cro", "web", "note=1");
    await kubectl("label", "cro", "web", "team=blue");
    expect(rollout().metadata).toMatchObject({ annotations: { note: "1" }, labels: { team: "blue" } });
    expect(await kubectl("get", "cro", "-l", "team in (blue,red)", "-o", "name")).toBe("canaryrollout.serin.dev/web\n");
    expect(await kubectl("get", "cro", "-l", "team=red", "-o", "name")).toBe("");
  });

  it("follows changes with get -w", async () => {
    const watch = spawn("kubectl", ["get", "deploy", "web", "-w"], { env });
    try {
      const lines = linesOf(watch);
      expect(await lines.next()).toMatch(/^NAME/);
      expect(await lines.next()).toMatch(/^web\s+0\/3/);
      await kubectl("scale", "deploy", "web", "--replicas=2");
      await lines.until(/^web\s+0\/2/);
      expect(deployment()?.spec.replicas).toBe(2);
    } finally {
      watch.kill();
    }
  });

  it("sets an image, which is a strategic merge patch", async () => {
    await kubectl("set", "image", "deploy/web", "app=registry.example/web:9");
    const containers = deployment()?.spec.template.spec.containers;
    expect(containers).toMatchObject([{ name: "app", image: "registry.example/web:9", ports: [{ name: "http", containerPort: 8080 }] }]);
  });

  it("is refused with the field and the reason", async () => {
    const unknown = await failing("create", "-f", join(MANIFESTS, "cro-bad.yaml"), "--validate=false");
    expect(unknown).toContain('spec.steps[1].weight: Invalid value: 101: weight is an integer percent or a string like "0.1%"');
    expect(await failing("get", "cro", "nope")).toBe('Error from server (NotFound): canaryrollouts.serin.dev "nope" not found\n');
    expect(await failing("create", "-f", join(MANIFESTS, "cro.yaml"))).toContain("AlreadyExists");
  });

  it("deletes, and waits until it is gone", async () => {
    store.patch(RESOURCES.canaryRollouts, "shop", "web", { type: "merge", body: { metadata: { finalizers: ["serin.dev/rollout"] } } });
    const unsubscribe = store.subscribe(({ type, object }) => {
      if (
        type === "MODIFIED" &&
        object.metadata.deletionTimestamp !== undefined &&
        object.metadata.finalizers?.includes("serin.dev/rollout")
      ) {
        store.patch(RESOURCES.canaryRollouts, "shop", "web", { type: "merge", body: { metadata: { finalizers: null } } });
      }
    });
    expect(await kubectl("delete", "cro", "web")).toContain('"web" deleted');
    unsubscribe();
    expect(await kubectl("delete", "deploy", "web")).toContain('"web" deleted');
    expect(store.list(RESOURCES.canaryRollouts).items).toEqual([]);
    expect(deployment()).toBeUndefined();
  });
});

function linesOf(child: ChildProcessWithoutNullStreams): { next(): Promise<string>; until(pattern: RegExp): Promise<void> } {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value ?? "";
  return {
    next,
    async until(pattern) {
      for (let line = await next(); !pattern.test(line); line = await next()) {
        expect(line, "kubectl ended").not.toBe("");
      }
    },
  };
}
