/**
 * The image, as far as it can be proved without a container engine: its steps are done by hand from the Dockerfile, with
 * the production dependencies alone, and the result runs as the image's user in folders that nobody may write to.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createStore } from "../../src/sim/kube/store.ts";
import { startApiServer } from "../../src/standin/apiserver/server.ts";
import { VERSION } from "../../src/version.ts";
import { crds } from "../support/manifests.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SLOW_MS = 180_000;
const CRDS = { group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", kind: "CustomResourceDefinition" };

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Stage {
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

function stagesOf(text: string): Stage[] {
  const lines = text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const stages: { image: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = "", ...rest] = line.split(" ");
    if (name === "FROM") stages.push({ image: rest.join(" "), instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest.join(" ") });
  }
  return stages;
}

/** `COPY [--from=build] SOURCE... TARGET` */
function copiesOf({ instructions }: Stage): { readonly from: string | undefined; readonly sources: string[]; readonly target: string }[] {
  return instructions.flatMap(({ name, text }) => {
    if (name !== "COPY") return [];
    const words = text.split(" ");
    const from = words[0]?.startsWith("--from=") ? words.shift()?.slice("--from=".length) : undefined;
    return [{ from, sources: words.slice(0, -1), target: words.at(-1) ?? "" }];
  });
}

const [build, run] = stagesOf(readFileSync(join(ROOT, "Dockerfile"), "utf8")) as [Stage, Stage];
const said = (stage: Stage, name: string) => stage.instructions.filter((one) => one.name === name).map(({ text }) => text);

describe("the Dockerfile", () => {
  test("builds once on the builder's platform, and runs on a distroless image as nobody in particular", () => {
    expect(build.image).toMatch(/^--platform=\$BUILDPLATFORM node:\d+-\S+ AS build$/);
    expect(run.image).toMatch(/^gcr\.io\/distroless\/nodejs\d+-debian\d+:nonroot$/);
    expect(said(run, "USER")).toEqual(["65532:65532"]);
    expect(said(run, "RUN")).toEqual([]);
    for (const name of ["ENTRYPOINT", "CMD"]) expect(JSON.parse(said(run, name)[0] ?? "")).toEqual(expect.any(Array));
  });

  test("both run the Node.js line that is pinned for checkouts", () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { devDependencies: { node: string } };
    const [line] = devDependencies.node.split(".");
    expect([build.image.match(/node:(\d+)/)?.[1], run.image.match(/nodejs(\d+)/)?.[1]]).toEqual([line, line]);
  });

  test("each file that it copies exists, and is not ignored", () => {
    const allowed = readFileSync(join(ROOT, ".dockerignore"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const sources = copiesOf(build).flatMap((copy) => copy.sources);
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(allowed).toContain(source.split("/")[0]);
    }
  });
});

describe("what is in the image", () => {
  let folder: string;
  let app: string;
  let node: string;
  let nowhere: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "serin-image-"));
    const context = join(folder, "build");
    for (const { sources, target } of copiesOf(build)) {
      for (const source of sources) {
        const into =
          target === "./"
            ? source
            : target.endsWith("/") && !source.endsWith(".ts")
              ? target
              : join(target, source.split("/").at(-1) ?? "");
        cpSync(join(ROOT, source), join(context, into), { recursive: true });
      }
    }
    symlinkSync(join(ROOT, "node_modules"), join(context, "node_modules"));
    execFileSync(process.execPath, ["scripts/build.ts"], { cwd: context });
    rmSync(join(context, "node_modules"));
    installProduction(join(context, "node_modules"));
    app = join(folder, "app");
    for (const { sources, target } of copiesOf(run)) {
      for (const source of sources)
        cpSync(source.replace("/app", context), target === "./" ? join(app, source.replace("/app", "")) : join(app, target), {
          recursive: true,
        });
    }
    rmSync(context, { recursive: true });
    nowhere = join(folder, "nowhere");
    mkdirSync(nowhere);
    node = join(folder, "node");
    copyFileSync(process.execPath, node);
    withoutWriting(folder);
  }, SLOW_MS);

  afterAll(() => {
    execFileSync("chmod", ["-R", "u+w", folder]);
    rmSync(folder, { recursive: true });
  });

  /** As the entry point does it, as another user where we may become one. */
  function serin(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [, script = ""] = JSON.parse(said(run, "ENTRYPOINT")[0] ?? "") as string[];
    const identity = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};
    return spawn(node, [script.replace("/app", app), ...args], { cwd: nowhere, env: { NODE_ENV: "production", ...env }, ...identity });
  }

  async function output(
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly text: string; readonly errors: string }> {
    const child = serin(args);
    let [text, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (text += chunk));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, text, errors };
  }

  test("it answers: its version, its help, the CRDs that it carries", async () => {
    expect(await output(["--version"])).toEqual({ code: 0, text: `${VERSION}\n`, errors: "" });
    const help = await output(["controller", "--help"]);
    expect(help).toMatchObject({ code: 0, errors: "", text: expect.stringContaining("--prometheus-url") });
    const definitions = await output(["crds"]);
    expect(definitions).toMatchObject({ code: 0, errors: "", text: expect.stringContaining("name: canaryrollouts.serin.dev") });
  });

  test("the controller runs: it takes the lease, serves its probes and ends when told", { timeout: SLOW_MS }, async () => {
    const store = createStore({ now: Date.now, namespaces: ["serin-system"] });
    for (const crd of crds()) store.create(CRDS, "", crd);
    const server = await startApiServer({ store });
    onTestFinished(() => server.close());
    const outside = mkdtempSync(join(tmpdir(), "serin-image-"));
    onTestFinished(() => rmSync(outside, { recursive: true }));
    chmodSync(outside, 0o755);
    const kubeconfig = join(outside, "kubeconfig");
    execFileSync("tee", [kubeconfig], { input: server.kubeconfig("serin-system") });
    const [command = ""] = JSON.parse(said(run, "CMD")[0] ?? "") as string[];
    const env = { KUBECONFIG: kubeconfig, SERIN_HOST: "127.0.0.1", SERIN_PORT: "0", SERIN_LEASE_NAMESPACE: "serin-system" };
    const child = serin([command], env);
    onTestFinished(() => void child.kill("SIGKILL"));
    let log = "";
    const held = new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        log += chunk;
        if (log.includes("lease held")) resolve();
      });
      child.stderr.on("data", (chunk: Buffer) => (log += chunk));
      child.once("close", () => reject(new Error(log)));
    });
    await held;
    const port = /"port":(\d+)/.exec(log)?.[1];
    for (const path of ["healthz", "readyz", "metrics"]) expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(200);
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
});

/** As `npm ci --omit=dev` would, from what is installed. */
function installProduction(target: string): void {
  const paths = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: ROOT, encoding: "utf8" });
  const modules = join(ROOT, "node_modules");
  for (const path of paths
    .trim()
    .split("\n")
    .filter((one) => one.startsWith(modules))) {
    cpSync(path, join(target, relative(modules, path)), {
      recursive: true,
      filter: (file) => file === path || !relative(path, file).startsWith("node_modules"),
    });
  }
}

function withoutWriting(folder: string): void {
  execFileSync("chmod", ["-R", "a+rX,a-w", folder]);
}
