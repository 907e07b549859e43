/** wait as a process against an API server over HTTP: it follows by watches, and its exit code is the outcome. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RESOURCES } from "../../../src/domain/kube.ts";
import { makeStableSet, STEP, status, trying } from "../support/releases.ts";
import { openShop, type Shop } from "../support/server.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

describe("wait", () => {
  test("until the image is promoted, by watches alone", async () => {
    makeStableSet(shop);
    shop.setLease(1);
    shop.setStatus(status("Ready", "Idle"));
    const running = shop.start("wait", "checkout", "--image", "checkout:2", "--timeout", "60s");
    await running.printed("waiting for image checkout:2");
    const before = readsOf(shop);
    shop.setImage("checkout:2");
    await running.printed("the controller has not seen it yet");
    const canary = trying(shop);
    shop.setStatus(status("Progressing", "Progressing", { canary, step: STEP }));
    await running.printed("Progressing because Progressing");
    const entry = { revision: canary.revision ?? "", attempt: 0, startedAt: canary.startedAt, finishedAt: canary.startedAt };
    shop.setStatus(status("Ready", "Promoted", { history: [{ ...entry, outcome: "Promoted" }] }));
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`${canary.revision} was promoted\n$`));
    expect(readsOf(shop)).toBe(before);
  });

  test("rolled back is 1, with the reason; -o json for machines", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("RolledBack", "AnalysisFailed", { canary: trying(shop, { outcome: "RolledBack", reason: "AnalysisFailed" }) }));
    const { code, stdout } = await shop.run("wait", "checkout", "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ exitCode: 1, revision: trying(shop).revision, text: expect.stringContaining("AnalysisFailed") });
  });

  test("out of time is 5, with what it waited for", async () => {
    makeStableSet(shop);
    shop.setStatus(status("Ready", "Idle"));
    const { code, stderr } = await shop.run("wait", "checkout", "--image", "checkout:9", "--timeout", "1s");
    expect(code).toBe(5);
    expect(stderr).toContain("not decided in time; last: waiting for image checkout:9");
  });

  test("a person is 7 only where nobody waits for one", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("Paused", "AwaitingApproval", { canary: trying(shop), step: STEP, waitingFor: "Approval(step 2)" }));
    expect((await shop.run("wait", "checkout", "--no-wait-for-person")).code).toBe(7);
    expect((await shop.run("wait", "checkout", "--timeout", "1s")).code).toBe(5);
  });

  test("the CanaryRollout is deleted meanwhile: 1", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("Progressing", "Progressing", { canary: trying(shop), step: STEP }));
    const running = shop.start("wait", "checkout");
    await running.printed("Progressing because");
    shop.store.delete(RESOURCES.canaryRollouts, "shop", "checkout");
    expect((await running.ended).code).toBe(1);
  });

  test.each([
    [["--timeout", "soon"], /no duration/],
    [["--revision", "abc"], /too short/],
    [["--revision", "abcd", "--image", "x"], /choose one/],
  ])("%o is bad input", async (args, why) => {
    const { code, stderr } = await shop.run("wait", "checkout", ...args);
    expect(code).toBe(3);
    expect(stderr).toMatch(why);
  });
});

function readsOf({ server }: Shop): number {
  return server
    .counts()
    .filter(({ verb }) => verb !== "watch")
    .reduce((sum, { count }) => sum + count, 0);
}
