/** Bundles the published `serin` command into dist/: one file a chunk, dependencies left outside. */
import { chmodSync, cpSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { serin: "src/cli/main.ts", standin: "src/standin/demo/process.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node22",
  packages: "external",
  loader: { ".yaml": "copy" },
});
chmodSync("dist/serin.js", 0o755);
for (const [folder, place] of [
  ["crds", "crds"],
  ["src/standin/crds", "crds"],
  ["deploy", "deploy"],
] as const) {
  cpSync(folder, `dist/${place}`, { recursive: true });
}
console.log("dist/serin.js");
