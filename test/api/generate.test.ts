import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FILES = ["crds/serin.dev_canaryrollouts.yaml", "crds/canaryrollout.schema.json", "docs/reference.md"];
const NEEDED = ["package.json", "scripts/generate.ts", "src/api", "src/domain", ...FILES];

/** A copy, so that the checked-in files are not touched. */
let copy = "";

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "serin-generate-"));
  for (const path of NEEDED) await cp(join(ROOT, path), join(copy, path), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
});

afterAll(() => rm(copy, { recursive: true }));

function generate(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["scripts/generate.ts", ...args], { cwd: copy }, (_, stdout) => {
      resolve({ code: child.exitCode ?? -1, stdout });
    });
  });
}

describe("generate", () => {
  it("has nothing to do in a fresh checkout", async () => {
    expect(await generate("--check")).toEqual({ code: 0, stdout: "" });
  });

  it.each(FILES)("--check fails on a stale %s and leaves it, without it the file is as before", async (file) => {
    const path = join(copy, file);
    const fresh = await readFile(path, "utf8");
    await writeFile(path, `${fresh}x`);
    const check = await generate("--check");
    expect(check).toEqual({ code: 1, stdout: expect.stringContaining(`${file} is stale`) });
    expect(await readFile(path, "utf8")).toBe(`${fresh}x`);
    expect((await generate()).code).toBe(0);
    expect(await readFile(path, "utf8")).toBe(fresh);
  });
});
