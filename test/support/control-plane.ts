/** A real control plane for one test file, with Serin's and Gateway API's definitions, and the kubectl of its release. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { systemClock as clock } from "../../src/domain/clock.ts";
import type { KubeObject } from "../../src/domain/kube.ts";
import { findBinaries } from "../../src/standin/control-plane/binaries.ts";
import { type ControlPlane, startControlPlane, type User } from "../../src/standin/control-plane/control-plane.ts";
import { routeDefinitions } from "../../src/standin/control-plane/gateway-api.ts";
import { createKubeApi, type KubeApi } from "../../src/standin/demo/kube-api.ts";
import { shippedFile } from "../../src/standin/shipped-file.ts";

const run = promisify(execFile);
export const DEFINITIONS = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
};

export interface TestPlane {
  readonly plane: ControlPlane;
  readonly kube: KubeApi;
  /** Resolves with what it prints; rejects with its `stderr` where it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** What it says beside: warnings. */
  warnings(...args: string[]): Promise<string>;
  /** A file of its folder, written. */
  file(name: string, text: string): Promise<string>;
  close(): Promise<void>;
}

export async function startTestPlane(users: readonly User[] = []): Promise<TestPlane> {
  const folder = await mkdtemp(join(tmpdir(), "serin-plane-"));
  const binaries = await findBinaries();
  const state = join(folder, "state");
  await mkdir(state);
  const plane = await startControlPlane({ binaries, folder: state, users });
  const kube = createKubeApi(plane.access(), "kubectl/serin-test");
  const definitions = [...(await routeDefinitions()), ownDefinition()];
  for (const definition of definitions) await kube.create(DEFINITIONS, definition);
  for (const { metadata } of definitions) await established(kube, metadata.name);
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, plane.kubeconfig({ namespace: "default" }), { mode: 0o600 });
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
  return {
    plane,
    kube,
    async kubectl(...args) {
      const { stdout } = await run(binaries.kubectl, args, { env });
      return stdout;
    },
    async warnings(...args) {
      const { stderr } = await run(binaries.kubectl, args, { env });
      return stderr;
    },
    async file(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    },
    async close() {
      await plane.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** CanaryRollout's, as it is published. */
export function ownDefinition(): KubeObject {
  return parse(shippedFile("serin.dev_canaryrollouts.yaml")) as KubeObject;
}

async function established(kube: KubeApi, name: string): Promise<void> {
  for (;;) {
    const { status } = (await kube.get(DEFINITIONS, undefined, name)) as KubeObject & {
      status?: { conditions?: { type: string; status: string }[] };
    };
    if (status?.conditions?.some((one) => one.type === "Established" && one.status === "True")) return;
    await clock.sleep(50);
  }
}
