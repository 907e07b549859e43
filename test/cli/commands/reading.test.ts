/** get and status as processes against an API server over HTTP: what they print, and their exit codes. */
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { plain, processIo } from "../../../src/cli/io.ts";
import { runCli } from "../../../src/cli/program.ts";
import { makeStableSet, STEP, status, trying } from "../support/releases.ts";
import { openShop, type Shop } from "../support/server.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

describe("get", () => {
  test("a table, of one namespace or all", async () => {
    shop.setStatus(status("Ready", "Idle"));
    const { code, stdout } = await shop.run("get");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^NAME {7}PHASE {3}STEP {3}WEIGHT {3}VERDICT {3}MESSAGE {14}AGE\ncheckout {3}Ready .*Ready because Idle {3}\ds\n$/,
    );
    expect((await shop.run("get", "-A", "-o", "wide")).stdout).toMatch(/^NAMESPACE {3}NAME .*STABLE .*CANARY .*\nshop .*699b4b84d6/);
  });

  test("objects for machines", async () => {
    const one = await shop.run("get", "checkout", "-o", "json");
    const { managedFields: _, ...metadata } = shop.rollout().metadata;
    expect(JSON.parse(one.stdout)).toEqual({ ...shop.rollout(), metadata });
    expect(parse((await shop.run("get", "-o", "yaml")).stdout)).toMatchObject({
      kind: "List",
      items: [{ metadata: { name: "checkout" } }],
    });
  });

  test("nothing there is no failure, a name that is not there is", async () => {
    expect(await shop.run("get", "-n", "empty")).toMatchObject({ code: 0, stdout: "", stderr: "No CanaryRollouts in namespace empty.\n" });
    const missing = await shop.run("get", "chekout");
    expect(missing).toMatchObject({ code: 3, stdout: "" });
    expect(missing.stderr).toContain("in this namespace: checkout");
  });
});

describe("status", () => {
  test("the picture, and how it stands as the exit code", async () => {
    makeStableSet(shop);
    shop.setLease(1);
    shop.setStatus(status("Ready", "Idle"));
    const { code, stdout } = await shop.run("status", "checkout");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shop\/checkout {2}Ready {2}1\n├ stable 1 699b 0\/4 ready\n/);
    expect(stdout).not.toContain("no controller");
  });

  test("no controller at work is said", async () => {
    shop.setLease(60);
    shop.setStatus(status("Ready", "Idle"));
    expect((await shop.run("status", "checkout")).stdout).toContain(
      "no controller is at work (serin-system/serin-controller has ended: serin-0",
    );
    const elsewhere = await shop.run("status", "checkout", "--lease-namespace", "empty");
    expect(elsewhere.stdout).toContain("no controller is at work (there is no such lease)");
  });

  test("rolled back is 1, held for evidence 2, on its way 8", async () => {
    makeStableSet(shop);
    shop.setImage("checkout:2");
    shop.setStatus(status("RolledBack", "AnalysisFailed", { canary: trying(shop, { outcome: "RolledBack", reason: "AnalysisFailed" }) }));
    expect(await shop.run("status", "checkout")).toMatchObject({ code: 1, stdout: expect.stringContaining("exit 1") });
    shop.setStatus(status("Progressing", "Progressing", { canary: trying(shop), step: STEP }));
    expect((await shop.run("status", "checkout")).code).toBe(8);
    const stalled = { type: "Stalled", status: "True", reason: "Inconclusive", message: "", lastTransitionTime: STEP.startedAt } as const;
    const held = status("Paused", "Inconclusive", { canary: trying(shop), step: STEP });
    shop.setStatus({ ...held, conditions: [...(held.conditions ?? []), stalled] });
    expect((await shop.run("status", "checkout")).code).toBe(2);
  });

  test("-w without a terminal prints a line for every change, and ends with the state at Ctrl-C", async () => {
    makeStableSet(shop);
    shop.setStatus(status("Ready", "Idle"));
    const running = shop.start("status", "checkout", "-w");
    await running.printed("Ready because Idle");
    shop.setImage("checkout:2");
    shop.setStatus(status("Progressing", "Progressing", { canary: trying(shop), step: STEP }));
    await running.printed("Progressing because Progressing");
    running.child.kill("SIGINT");
    const { code, stdout } = await running.ended;
    expect(code).toBe(8);
    expect(stdout).not.toContain("\u001b");
  });

  test("-w goes on when the API server was away", async () => {
    makeStableSet(shop);
    shop.setStatus(status("Ready", "Idle"));
    const running = shop.start("status", "checkout", "-w");
    await running.printed("Ready because Idle");
    shop.server.setOutage({ type: "reset" });
    shop.server.closeWatches();
    await running.printed("trying on");
    shop.server.setOutage(undefined);
    shop.setStatus(status("Ready", "Promoted"));
    await running.printed("Ready because Promoted");
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(0);
  });

  test("-w on a terminal redraws one picture", async () => {
    makeStableSet(shop);
    shop.setLease(1);
    shop.setStatus(status("Ready", "Idle"));
    const screen = createTerminal();
    const end = new AbortController();
    const io = { ...processIo(), stdout: screen.stdout, paint: plain };
    const running = runCli(["status", "checkout", "-w", "--kubeconfig", shop.env["KUBECONFIG"] ?? ""], io, end.signal);
    await screen.shows("shop/checkout  Ready  1");
    shop.setStatus(status("Stalled", "ServiceMissing"));
    await screen.shows("shop/checkout  Stalled  ServiceMissing");
    end.abort();
    expect(await running).toBe(1);
    // Drawn over, not below.
    expect(screen.text()).toContain("\u001b[1A");
  });
});

function createTerminal() {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
  let text = "";
  stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return {
    stdout,
    text: () => text,
    async shows(wanted: string): Promise<void> {
      while (!text.includes(wanted)) await once(stdout, "data");
    },
  };
}
