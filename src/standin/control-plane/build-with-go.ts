/** Builds the programs of a control plane from their Go modules, as pinned in test/cluster of a checkout. */
import { execFile } from "node:child_process";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ProgramName, Source } from "./binaries.ts";
import { moduleFolder } from "./go-modules.ts";
import { KUBERNETES_VERSION } from "./versions.ts";

const run = promisify(execFile);
const MOST_OUTPUT = 2 ** 26;

interface Recipe {
  /** Beside the control plane's own module; undefined: that one. */
  readonly module?: string;
  readonly package: string;
}

const RECIPES: Readonly<Record<ProgramName, Recipe>> = {
  etcd: { module: "etcd", package: "go.etcd.io/etcd/server/v3" },
  "kube-apiserver": { package: "k8s.io/kubernetes/cmd/kube-apiserver" },
  "kube-controller-manager": { package: "k8s.io/kubernetes/cmd/kube-controller-manager" },
  kubectl: { package: "k8s.io/kubernetes/cmd/kubectl" },
};

export const buildWithGo: Source = async (missing, folder, say) => {
  if (!(await isInstalled())) return;
  for (const name of missing) {
    const { module, package: command } = RECIPES[name];
    const cwd = moduleFolder(module);
    if (cwd === undefined) return;
    const began = Date.now();
    say(`building ${name} with Go (once; all four take three to seven minutes on two cores)`);
    await buildCommand(command, cwd, join(folder, name));
    say(`built ${name} in ${Math.round((Date.now() - began) / 1000)} s`);
  }
};

async function isInstalled(): Promise<boolean> {
  return run("go", ["version"]).then(
    () => true,
    () => false,
  );
}

/** The command of a module's folder as that file, which appears when it is whole. */
export async function buildCommand(command: string, cwd: string, file: string): Promise<void> {
  const workshop = await mkdtemp(`${file}-`);
  try {
    const output = join(workshop, "program");
    const flags = ["build", "-mod=readonly", "-trimpath", "-ldflags", linkerFlags(), "-o", output, command];
    await run("go", flags, { cwd, env: { ...process.env, CGO_ENABLED: "0" }, maxBuffer: MOST_OUTPUT });
    await rename(output, file);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** No debugger's tables, and the version that a server built by itself would not know. */
function linkerFlags(): string {
  const [major, minor] = KUBERNETES_VERSION.split(".");
  const version = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor };
  const settings = Object.entries(version).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  return ["-s", "-w", ...settings].join(" ");
}
