/** promote, abort, retry and restart as processes against an API server over HTTP: the one annotation that they write. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeStableSet, STEP, status, trying } from "../support/releases.ts";
import { openShop, type Shop } from "../support/server.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

describe("promote, abort, retry, restart", () => {
  const annotation = (name: string) => shop.rollout().metadata.annotations?.[`serin.dev/${name}`];

  test("promote writes the revision, as a manager of its own, and says what comes next", async () => {
    makeStableSet(shop);
    shop.setLease(1);
    shop.setImage("checkout:2");
    shop.setStatus(status("Paused", "AwaitingApproval", { canary: trying(shop), step: STEP, waitingFor: "Approval(step 2)" }));
    const { code, stdout, stderr } = await shop.run("promote", "checkout");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Approval(step 2) is passed; next: 20 %");
    expect(annotation("promote")).toMatch(new RegExp(`^${trying(shop).revision}#20`));
    expect(shop.rollout().metadata.managedFields?.map(({ manager }) => manager)).toContain("serin-cli");
    await shop.run("promote", "checkout", "--full");
    expect(annotation("promote")).toMatch(new RegExp(`^${trying(shop).revision}/full#20`));
  });

  test("abort --wait ends well when it is rolled back", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("Progressing", "Progressing", { canary: trying(shop), step: STEP }));
    const running = shop.start("abort", "checkout", "--wait");
    await running.printed("Progressing because");
    expect(annotation("abort")).toBeDefined();
    shop.setStatus(status("RollingBack", "Aborted", { canary: trying(shop, { outcome: "RolledBack", reason: "Aborted" }) }));
    expect((await running.ended).code).toBe(0);
  });

  test("retry --wait does not end with the refusal before", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("RolledBack", "AnalysisFailed", { canary: trying(shop, { outcome: "RolledBack" }) }));
    const running = shop.start("retry", "checkout", "--wait");
    await running.printed("RolledBack because");
    shop.setStatus(status("Progressing", "Progressing", { canary: trying(shop, { attempt: 1 }), step: STEP }));
    await running.printed("Progressing because");
    shop.setStatus(status("RolledBack", "AnalysisFailed", { canary: trying(shop, { attempt: 1, outcome: "RolledBack" }) }));
    expect((await running.ended).code).toBe(1);
  });

  test("restart writes a token; without a controller that is said", async () => {
    makeStableSet(shop);
    shop.setStatus(status("Ready", "Idle"));
    const { code, stderr } = await shop.run("restart", "checkout");
    expect(code).toBe(0);
    expect(stderr).toContain("no controller is at work");
    expect(annotation("restart")).toMatch(/^20/);
  });

  test.each(["promote", "abort", "retry"])("%s writes nothing where nothing would act on it", async (command) => {
    makeStableSet(shop);
    shop.setStatus(status("Ready", "Idle"));
    const version = shop.rollout().metadata.resourceVersion;
    const { code, stderr } = await shop.run(command, "checkout");
    expect(code).toBe(3);
    expect(stderr).toMatch(/checkout.*\(Ready\)/);
    expect(shop.rollout().metadata.resourceVersion).toBe(version);
  });
});
