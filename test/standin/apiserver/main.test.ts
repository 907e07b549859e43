/** The cluster as a process: ready when it says so, gone when it is told. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { parse } from "yaml";

it("says where it is, serves its definitions and namespaces, and ends on SIGTERM", async () => {
  const folder = mkdtempSync(join(tmpdir(), "serin-apiserver-"));
  const kubeconfig = join(folder, "config");
  const args = ["src/standin/apiserver/main.ts", "--crds", "src/standin/crds", "--namespace", "shop", "--kubeconfig", kubeconfig];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    expect(parse(readFileSync(kubeconfig, "utf8"))).toMatchObject({ clusters: [{ cluster: { server: url } }] });
    const routes = await fetch(`${url}/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes`);
    expect(await routes.json()).toMatchObject({ kind: "HTTPRouteList", items: [] });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
