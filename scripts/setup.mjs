// Installs the locked dependencies where they are missing or older than the lock file; silent when nothing is to do.
// Plain JavaScript for any Node >= 18: it runs before the pinned Node.js is there.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modified = (path) => statSync(`${root}${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
  console.error("Installing the locked dependencies (once) ...");
  const npm = spawnSync("npm", ["ci", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (npm.status !== 0) {
    console.error("npm ci failed: is the package registry reachable? Try `npm ci` for its full output.");
    process.exit(npm.status ?? 1);
  }
}
