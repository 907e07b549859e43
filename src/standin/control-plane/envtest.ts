/**
 * The archive of kube-apiserver, etcd and kubectl that the Kubernetes project publishes for tests, taken only where it is the
 * known one. It is one patch release behind, and has no kube-controller-manager.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { EnvHttpProxyAgent, request } from "undici";
import type { Source } from "./binaries.ts";

const VERSION = "1.36.2";
const PLACE = "https://github.com/kubernetes-sigs/controller-tools/releases/download";
/** SHA-512, from envtest-releases.yaml of kubernetes-sigs/controller-tools. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  "darwin-amd64":
    "b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514",
  "darwin-arm64":
    "9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce",
  "linux-amd64":
    "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
  "linux-arm64":
    "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
};
const HOLDS: ReadonlySet<string> = new Set(["etcd", "kube-apiserver", "kubectl"]);
const CONNECT_MS = 10_000;

export interface Archive {
  readonly url: string;
  /** SHA-512 in hex. */
  readonly checksum: string;
}

export const fetchEnvtest: Source = (missing, folder, say) => {
  const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  const checksum = CHECKSUMS[platform];
  const url = `${PLACE}/envtest-v${VERSION}/envtest-v${VERSION}-${platform}.tar.gz`;
  return checksum === undefined ? Promise.resolve() : fetchArchive({ url, checksum })(missing, folder, say);
};

/** Rejects where the archive is another one than the checksum says; where it cannot be had at all, nothing happens. */
export function fetchArchive({ url, checksum }: Archive): Source {
  return async (missing, folder, say) => {
    const wanted = missing.filter((name) => HOLDS.has(name));
    if (wanted.length === 0) return;
    const archive = await download(url, (why) => say(`the envtest archive is out of reach (${why})`));
    if (archive === undefined) return;
    const actual = createHash("sha512").update(archive).digest("hex");
    if (actual !== checksum) throw new Error(`${url} has SHA-512 ${actual}, but ${checksum} was expected: nothing of it was used`);
    await unpack(archive, folder, wanted);
    say(`took ${wanted.join(", ")} from the envtest archive`);
  };
}

async function download(url: string, failed: (why: string) => void): Promise<Buffer | undefined> {
  const dispatcher = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_MS } });
  try {
    let answer = await request(url, { dispatcher });
    for (let hops = 0; hops < 5 && answer.statusCode >= 300 && answer.statusCode < 400; hops += 1) {
      await answer.body.dump();
      answer = await request(new URL(String(answer.headers["location"]), url), { dispatcher });
    }
    if (answer.statusCode === 200) return Buffer.from(await answer.body.arrayBuffer());
    await answer.body.dump();
    failed(`HTTP ${answer.statusCode}`);
  } catch (error) {
    failed(error instanceof Error ? error.message : String(error));
  } finally {
    await dispatcher.close();
  }
  return undefined;
}

async function unpack(archive: Buffer, folder: string, names: readonly string[]): Promise<void> {
  const members = names.map((name) => `controller-tools/envtest/${name}`);
  const tar = spawn("tar", ["-xzf", "-", "-C", folder, "--strip-components=2", ...members], { stdio: ["pipe", "ignore", "inherit"] });
  tar.stdin.end(archive);
  const [code] = (await once(tar, "exit")) as [number | null];
  if (code !== 0) throw new Error(`tar could not unpack the envtest archive (exit code ${code})`);
}
