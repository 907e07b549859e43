/**
 * Bundles the published `serin` command into dist/: one file a chunk, dependencies left outside. Except @kubernetes/client-node: of its
 * 61 MB Serin uses the reading of kubeconfigs and credentials; the models of all of Kubernetes' kinds, which it would load with it, take
 * 90 MB of memory. So the part that is used is bundled, with what that part imports.
 */
import { chmodSync, cpSync, readFileSync, rmSync } from "node:fs";
import { build, type Plugin } from "esbuild";

const CLIENT = "@kubernetes/client-node";
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly dependencies: Readonly<Record<string, string>> };
const external = [...Object.keys(dependencies)].filter((name) => name !== CLIENT);

/** Its modules do nothing when they are loaded but define: what nobody imports by name may go. */
const onlyWhatIsUsed: Plugin = {
  name: "only-what-is-used",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, pluginData, ...how }) => {
      const isClient = path === CLIENT || how.importer.includes(`node_modules/${CLIENT}/`);
      if (!isClient || pluginData === onlyWhatIsUsed) return undefined;
      const found = await resolve(path, { ...how, pluginData: onlyWhatIsUsed });
      return found.external ? undefined : { ...found, sideEffects: false };
    });
  },
};

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { serin: "src/cli/main.ts", standin: "src/standin/demo/process.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node22",
  external: external.flatMap((name) => [name, `${name}/*`]),
  plugins: [onlyWhatIsUsed],
  // What is bundled has CommonJS in it, which asks for Node's own modules in its way.
  banner: { js: 'import { createRequire as serinCreateRequire } from "node:module"; const require = serinCreateRequire(import.meta.url);' },
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
