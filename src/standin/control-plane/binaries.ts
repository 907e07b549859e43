/**
 * The programs of a Kubernetes control plane, one by one: from KUBEBUILDER_ASSETS or PATH, from the cache of an earlier time, from
 * the published envtest archive, or built from their Go modules. What is fetched or built stays in the cache.
 */
import { accessSync, constants } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { buildWithGo } from "./build-with-go.ts";
import { fetchEnvtest } from "./envtest.ts";
import { KUBERNETES_VERSION } from "./versions.ts";

export const PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;
export type ProgramName = (typeof PROGRAMS)[number];
/** By absolute path. */
export type Binaries = Readonly<Record<ProgramName, string>>;

/** Puts what it can of those programs into the folder; a source that has none of them, or cannot be reached, puts nothing. */
export type Source = (missing: readonly ProgramName[], folder: string, say: (line: string) => void) => Promise<void>;

export interface FindOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** In this order. Default: the envtest archive, unless SERIN_CONTROL_PLANE=go, then Go. */
  readonly sources?: readonly Source[];
  /** Work that takes long is told. */
  readonly say?: (line: string) => void;
}

/** Rejects, with one line that says what to install, where one of them cannot be had. */
export async function findBinaries({ env = process.env, sources = sourcesOf(env), say = () => {} }: FindOptions = {}): Promise<Binaries> {
  const cache = cacheFolder(env);
  const found = () => Object.fromEntries(PROGRAMS.map((name) => [name, locate(name, env, cache)]));
  const missing = () => PROGRAMS.filter((name) => locate(name, env, cache) === undefined);
  for (const source of sources) {
    if (missing().length === 0) break;
    await mkdir(cache, { recursive: true });
    await source(missing(), cache, say);
  }
  if (missing().length > 0) {
    throw new Error(
      `no ${missing().join(", ")}: install Go 1.26 (they are then built from test/cluster of a checkout), or put them of Kubernetes ${KUBERNETES_VERSION} into a folder and name it in KUBEBUILDER_ASSETS`,
    );
  }
  return found() as Binaries;
}

function sourcesOf(env: FindOptions["env"]): readonly Source[] {
  return env?.["SERIN_CONTROL_PLANE"] === "go" ? [buildWithGo] : [fetchEnvtest, buildWithGo];
}

function cacheFolder(env: NonNullable<FindOptions["env"]>): string {
  const root = env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache");
  return join(root, "serin", `kubernetes-${KUBERNETES_VERSION}-${process.platform}-${process.arch}`);
}

/** kubectl is never taken from PATH: it is there in any version, and what it prints is compared. */
function locate(name: ProgramName, env: NonNullable<FindOptions["env"]>, cache: string): string | undefined {
  const assets = env["KUBEBUILDER_ASSETS"] ?? "";
  const path = name === "kubectl" ? [] : (env["PATH"] ?? "").split(delimiter);
  return [assets, ...path, cache]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
