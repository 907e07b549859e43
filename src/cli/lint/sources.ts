/** The manifests that somebody names: files, folders with everything below them, and `-` for standard input. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "../../api/lint.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import type { Io } from "../io.ts";

const MANIFEST = /\.(ya?ml|json)$/;
/** Never manifests of the user's own. */
const SKIPPED = new Set(["node_modules", ".git"]);

export async function readSources(paths: readonly string[], io: Pick<Io, "stdin">): Promise<Source[]> {
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === "-") sources.push({ name: "<stdin>", text: await textOf(io.stdin) });
    else for (const name of await filesAt(path)) sources.push({ name, text: await readFile(name, "utf8") });
  }
  return sources;
}

/** A file as it is, whatever its name; of a folder the manifests below it, sorted. */
async function filesAt(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      EXIT.badInput,
      `${path} cannot be read: ${error.code === "ENOENT" ? "there is no such file or folder" : error.message}`,
    );
  });
  if (!found.isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const nested = await Promise.all(
    entries
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(async (entry) => {
        if (SKIPPED.has(entry.name)) return [];
        const inside = join(path, entry.name);
        if (entry.isDirectory()) return filesAt(inside);
        return MANIFEST.test(entry.name) ? [inside] : [];
      }),
  );
  return nested.flat();
}

async function textOf(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
