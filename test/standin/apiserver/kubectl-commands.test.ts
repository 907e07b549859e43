/**
 * The recorded commands run again, by the kubectl that is on PATH, against the stand-in: they end with the code that was recorded, and print what
 * was recorded where it is of the recorded release.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../src/domain/clock.ts";
import { createControllerManager, createKubelet, createSimulatedRuntime } from "../../../src/sim/kube/controllers/index.ts";
import { createStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { requires } from "../../support/requires.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";
import { comparablePrint } from "./support/kubectl-prints.ts";
import { commands } from "./support/kubectl-recording.ts";

const run = promisify(execFile);
const kubectlNeeded = requires("kubectl");
const MANIFESTS = fileURLToPath(new URL("../../fixtures/kube-apiserver/manifests/", import.meta.url));
/** Of the kubectl that was recorded. */
const RECORDED_MINOR = "32";

describe.skipIf(kubectlNeeded.skip)(`the recorded commands${kubectlNeeded.why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-commands-"));
  const editor = { KUBE_EDITOR: "sed -i s/0.1%/0.2%/" };
  const env = { ...process.env, ...editor, KUBECONFIG: join(folder, "config"), HOME: folder };
  const closers: (() => void)[] = [];
  let server: ApiServer;
  let isRecorded = false;

  beforeAll(async () => {
    const store = createStore({ now: Date.now, namespaces: ["default"], resourceVersion: 2600 });
    installDefinition(store, standInDefinition("httproute"));
    const runtime = createSimulatedRuntime({ clock, behaviourOf: () => ({ kind: "ready", afterMs: 700 }) });
    closers.push(createControllerManager({ store, clock }).close, createKubelet({ store, clock, runtime }).close, runtime.close);
    server = await startApiServer({ store });
    writeFileSync(env.KUBECONFIG, server.kubeconfig("shop"));
    symlinkSync(MANIFESTS, join(folder, "m"));
    const { stdout } = await run("kubectl", ["version", "--client", "-o", "json"], { env });
    isRecorded = (JSON.parse(stdout) as { clientVersion: { minor: string } }).clientVersion.minor.replace("+", "") === RECORDED_MINOR;
  });
  afterAll(async () => {
    for (const close of closers) {
      close();
    }
    await server.close();
    rmSync(folder, { recursive: true });
  });

  for (const recorded of commands()) {
    it(`${recorded.name}: ${recorded.command}`, async () => {
      const { stdout } = await run("sh", ["-c", `exec 2>&1\n${recorded.command}\necho rc $?`], { env, cwd: folder });
      const printed = stdout.trimEnd().split("\n");
      expect(printed.at(-1), stdout).toBe(recorded.prints.at(-1));
      if (isRecorded) {
        expect(comparablePrint(recorded, printed)).toEqual(comparablePrint(recorded, recorded.prints));
      }
    });
  }
});
