import { Registry } from "prom-client";
import { afterEach, describe, expect, test } from "vitest";
import { type HealthServer, startHealthServer } from "../../src/controller/health.ts";

let server: HealthServer | undefined;
afterEach(() => server?.close());

async function ask(path: string, state: { stuck?: string; notReady?: string } = {}): Promise<{ status: number; text: string }> {
  server = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    registry: new Registry(),
    stuck: () => state.stuck,
    notReady: () => state.notReady,
  });
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

describe("the process' own endpoints", () => {
  test("a loop that turns is healthy", async () => {
    expect(await ask("/healthz")).toEqual({ status: 200, text: "ok\n" });
  });

  test("a loop that is stuck is not, and says why", async () => {
    expect(await ask("/healthz", { stuck: "the queue is 130 s behind" })).toEqual({ status: 503, text: "the queue is 130 s behind\n" });
  });

  test("not ready until every watch was listed", async () => {
    expect(await ask("/readyz", { notReady: "not listed yet: services" })).toMatchObject({ status: 503 });
  });

  test("an unknown path names the known ones", async () => {
    expect(await ask("/")).toMatchObject({ status: 404, text: expect.stringContaining("/metrics") });
  });
});
