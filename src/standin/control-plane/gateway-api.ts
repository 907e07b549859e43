/** The definitions of Gateway API's routes: the published ones from its Go module where Go is installed, else the stand-in's. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { KubeObject } from "../../domain/kube.ts";
import { shippedFile } from "../shipped-file.ts";
import { moduleFolder } from "./go-modules.ts";

const run = promisify(execFile);

const MODULE = "sigs.k8s.io/gateway-api";
const ROUTES = ["httproutes", "grpcroutes"] as const;
/** The API server refuses definitions in the group of a Kubernetes project that do not say who approved them. */
const UNAPPROVED = { "api-approved.kubernetes.io": "unapproved, a stand-in" };

export async function routeDefinitions(): Promise<KubeObject[]> {
  const published = await publishedFolder();
  return Promise.all(ROUTES.map((name) => (published === undefined ? standIn(name) : publishedDefinition(published, name))));
}

async function publishedFolder(): Promise<string | undefined> {
  const cwd = moduleFolder("gateway-api");
  if (cwd === undefined) return undefined;
  try {
    const { stdout } = await run("go", ["mod", "download", "-json", MODULE], { cwd });
    return join((JSON.parse(stdout) as { Dir: string }).Dir, "config", "crd", "standard");
  } catch {
    return undefined;
  }
}

async function publishedDefinition(folder: string, name: string): Promise<KubeObject> {
  return parse(await readFile(join(folder, `gateway.networking.k8s.io_${name}.yaml`), "utf8")) as KubeObject;
}

function standIn(name: string): KubeObject {
  const definition = parse(shippedFile(`${name.slice(0, -1)}.yaml`)) as KubeObject;
  const { metadata } = definition;
  return { ...definition, metadata: { ...metadata, annotations: { ...metadata.annotations, ...UNAPPROVED } } };
}
