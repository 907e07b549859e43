/** The recorded commands run again, by the kubectl that is on PATH, against the stand-in: they end with the same code and print the same. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../src/domain/clock.ts";
import { createControllerManager, createKubelet, createSimulatedRuntime, eventTeller } from "../../../src/sim/kube/controllers/index.ts";
import { createStore } from "../../../src/sim/kube/store.ts";
import { type ApiServer, startApiServer } from "../../../src/standin/apiserver/server.ts";
import { requires } from "../../support/requires.ts";
import { installDefinition, standInDefinition } from "./support/definitions.ts";
import { comparablePrint } from "./support/kubectl-prints.ts";
import { commands } from "./support/kubectl-recording.ts";

const run = promisify(execFile);
const kubectlNeeded = requires("kubectl");
const MANIFESTS = fileURLToPath(new URL("../../fixtures/kube-apiserver/manifests/", import.meta.url));
/** Of the kubectl that was recorded, 1.32; older ones lack flags. */
const RECORDED_MINOR = 32;
/** What a later one says in other words. */
const REWORDED = new Set(["21-describe-deploy", "28-rollout-undo-paused", "36-events", "42-delete-cro", "43-delete-deploy"]);

describe.skipIf(kubectlNeeded.skip)(`the recorded commands${kubectlNeeded.why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-commands-"));
  const editor = { KUBE_EDITOR: "sed -i s/0.1%/0.2%/" };
  const env = { ...process.env, ...editor, KUBECONFIG: join(folder, "config"), HOME: folder };
  const closers: (() => void)[] = [];
  let server: ApiServer;
  let minor = 0;

  beforeAll(async () => {
    const store = createStore({ now: Date.now, namespaces: ["default"], resourceVersion: 2600 });
    installDefinition(store, standInDefinition("httproute"));
    const runtime = createSimulatedRuntime({ clock, behaviourOf: () => ({ kind: "ready", afterMs: 700 }) });
    closers.push(
      createControllerManager({ store, clock, tell: eventTeller(store, clock) }).close,
      createKubelet({ store, clock, runtime }).close,
      runtime.close,
    );
    server = await startApiServer({ store });
    writeFileSync(env.KUBECONFIG, server.kubeconfig("shop"));
    symlinkSync(MANIFESTS, join(folder, "m"));
    const { stdout } = await run("kubectl", ["version", "--client", "-o", "json"], { env });
    minor = Number.parseInt((JSON.parse(stdout) as { clientVersion: { minor: string } }).clientVersion.minor, 10);
  });
  afterAll(async () => {
    for (const close of closers) {
      close();
    }
    await server.close();
    rmSync(folder, { recursive: true });
  });

  for (const recorded of commands()) {
    it(`${recorded.name}: ${recorded.command}`, async ({ skip }) => {
      skip(minor < RECORDED_MINOR, `kubectl 1.${minor} is older than the recorded one`);
      const { stdout } = await run("sh", ["-c", `exec 2>&1\n${recorded.command}\necho rc $?`], { env, cwd: folder });
      const printed = stdout.trimEnd().split("\n");
      expect(printed.at(-1), stdout).toBe(recorded.prints.at(-1));
      if (minor === RECORDED_MINOR || !REWORDED.has(recorded.name)) {
        expect(comparablePrint(recorded, printed)).toEqual(comparablePrint(recorded, recorded.prints));
      }
    });
  }
});
