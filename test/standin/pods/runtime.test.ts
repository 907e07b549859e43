/** A node in the place of another process: started, probed and stopped over HTTP, as a kubelet does. */
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/domain/clock.ts";
import type { PodReport } from "../../../src/sim/kube/controllers/index.ts";
import { createAddressBook } from "../../../src/standin/forward-proxy/address-book.ts";
import { createPodHost } from "../../../src/standin/pods/host.ts";
import { createRemoteRuntime } from "../../../src/standin/pods/remote-runtime.ts";
import { startRuntimeServer } from "../../../src/standin/pods/runtime-server.ts";
import { podObject } from "../mesh/lab.ts";

async function open() {
  const book = createAddressBook();
  const host = createPodHost({ book, clock: systemClock });
  const server = await startRuntimeServer(host);
  const runtime = createRemoteRuntime(server.url);
  onTestFinished(async () => {
    await host.close();
    await server.close();
    await runtime.close();
  });
  return { book, host, runtime, server };
}

/** The first report for which it holds. */
function reported(runtime: Awaited<ReturnType<typeof open>>["runtime"], pod: ReturnType<typeof podObject>) {
  const reports: PodReport[] = [];
  const waiting: { holds: (report: PodReport) => boolean; resolve: (report: PodReport) => void }[] = [];
  runtime.start(pod, (report) => {
    reports.push(report);
    for (const { holds, resolve } of waiting) if (holds(report)) resolve(report);
  });
  return (holds: (report: PodReport) => boolean) =>
    new Promise<PodReport>((resolve) => {
      const found = reports.find(holds);
      if (found !== undefined) resolve(found);
      waiting.push({ holds, resolve });
    });
}

const isReady = ({ containers }: PodReport) => containers.every(({ ready }) => ready);

test("a pod gets an address, is unready until its application listens, then ready", async () => {
  const { book, runtime } = await open();
  const until = reported(runtime, podObject("web-abc-1", "", "web", { STARTUP_MS: "300" }));
  const first = await until((report) => !isReady(report));
  expect(first.phase).toBe("Running");
  expect(first.containers.map(({ name, ready }) => [name, ready])).toEqual([
    ["linkerd-proxy", false],
    ["app", false],
  ]);
  const ready = await until(isReady);
  expect(ready.podIP).toMatch(/^10\.244\./);
  const answer = await request(`http://127.0.0.1:${book.find(ready.podIP!, 8080)}/`);
  expect(await answer.body.json()).toEqual({ version: "web", pod: "web-abc-1" });
  expect(runtime.starts.of("lab")).toBe(1);
});

test("what fails after a while fails from then on", async () => {
  const { book, runtime } = await open();
  const until = reported(
    runtime,
    podObject("web-abc-2", "", "web", { STARTUP_MS: "0", LATENCY_MS: "0", FAIL_RATE: "1", FAIL_AFTER: "1s" }),
  );
  const { podIP } = await until(isReady);
  const ask = async () => {
    const { statusCode, body } = await request(`http://127.0.0.1:${book.find(podIP!, 8080)}/`);
    await body.dump();
    return statusCode;
  };
  expect(await ask()).toBe(200);
  await systemClock.sleep(1100);
  expect(await ask()).toBe(500);
});

test("a stopped pod answers what is on its way, and is gone then", async () => {
  const { book, runtime } = await open();
  const pod = podObject("web-abc-3", "", "web", { STARTUP_MS: "0", LATENCY_MS: "600" });
  const { podIP } = await reported(runtime, pod)(isReady);
  const underWay = request(`http://127.0.0.1:${book.find(podIP!, 8080)}/`);
  await systemClock.sleep(50);
  await new Promise<void>((resolve) => runtime.stop(pod, resolve));
  expect((await underWay).statusCode).toBe(200);
  expect(book.find(podIP!, 8080)).toBeUndefined();
});

test("when the node is gone its pods have failed", async () => {
  const { runtime, server } = await open();
  const until = reported(runtime, podObject("web-abc-4", "", "web", { STARTUP_MS: "0" }));
  await until(isReady);
  await server.close();
  const late = reported(runtime, podObject("web-abc-5", "", "web"));
  expect((await late(() => true)).phase).toBe("Failed");
});
