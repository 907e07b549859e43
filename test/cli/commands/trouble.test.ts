/** Clusters that do not answer as they should: what is said, what to try, and the exit code. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crds } from "../../support/manifests.ts";
import { serin } from "../support/process.ts";
import { openShop, type Shop } from "../support/server.ts";

let shop: Shop;
beforeEach(async () => {
  shop = await openShop();
});
afterEach(() => shop.close());

describe("a cluster that does not answer as it should", () => {
  test("nobody listens: 4, with the server and what to try", async () => {
    const { env, server } = shop;
    await server.close();
    shop = await openShop();
    const { code, stderr } = await serin(["status", "checkout"], { env });
    expect(code).toBe(4);
    expect(stderr).toContain(`cannot reach the API server ${server.url}`);
    expect(stderr).toContain("kubectl get --raw /version");
  });

  test.each(["get", "status", "wait", "promote"])("the CRD is missing: %s says how to install it", async (command) => {
    await shop.close();
    shop = await openShop({ crds: crds().filter(({ metadata }) => !metadata.name.includes("serin.dev")) });
    const { code, stderr } = await shop.run(command, ...(command === "get" ? [] : ["checkout"]));
    expect(code).toBe(4);
    expect(stderr).toContain("serin crds | kubectl apply -f -");
  });

  test.each(["status", "wait", "abort", "eject"])("%s of a name that is not there: 3, with those that are", async (command) => {
    const { code, stderr } = await shop.run(command, "chekout");
    expect(code).toBe(3);
    expect(stderr).toMatch(/in (this )?namespace[^\n]*: checkout/);
  });

  test("credentials that are refused: 4", async () => {
    shop.server.setToken("another");
    expect(await shop.run("get")).toMatchObject({ code: 4, stderr: expect.stringContaining("refuses the credentials") });
  });

  test("a server that never answers is given up", { timeout: 60_000 }, async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const folder = mkdtempSync(join(tmpdir(), "serin-silent-"));
    writeFileSync(join(folder, "config"), shop.server.kubeconfig("shop").replace(shop.server.url, `http://127.0.0.1:${port}`));
    const asked = await serin(["status", "checkout"], { env: { KUBECONFIG: join(folder, "config") } });
    expect(asked).toMatchObject({ code: 4, stderr: expect.stringContaining("no answer in time") });
    silent.close();
    rmSync(folder, { recursive: true });
  });

  test.each([
    [["--context", "nowhere"], /no context "nowhere" \(it has: serin-standin\)/],
    [["--kubeconfig", "/nowhere/config"], /no way to the cluster.*nowhere/],
  ])("%o: 3", async (args, why) => {
    const { code, stderr } = await shop.run("get", ...args);
    expect(code).toBe(3);
    expect(stderr).toMatch(why);
  });
});
