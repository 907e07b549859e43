/** The real process ends soon after SIGTERM, also where the API server does not answer any more. */
import { once } from "node:events";
import { expect, test } from "vitest";
import { startControllerProcess } from "../support/controller-process.ts";

test("SIGTERM gives the lease back and ends the process", async () => {
  const { server, controller } = await startControllerProcess();
  controller.kill("SIGTERM");
  const [code] = await once(controller, "exit");
  expect(code).toBe(0);
  const answer = await fetch(`${server.url}/apis/coordination.k8s.io/v1/namespaces/default/leases/serin-controller`);
  expect(((await answer.json()) as { spec: { holderIdentity?: string } }).spec.holderIdentity ?? "").toBe("");
}, 60_000);

test("SIGTERM ends the process while the API server hangs", async () => {
  const { server, controller, log } = await startControllerProcess();
  server.setOutage({ type: "hang" });
  controller.kill("SIGTERM");
  await once(controller, "exit");
  expect(log()).toContain("serin controller ends");
}, 60_000);
