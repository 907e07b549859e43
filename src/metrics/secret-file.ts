/** A file whose content is renewed by somebody else (a mounted token, a CA bundle): read again when it changed. */
import { readFile, stat } from "node:fs/promises";

export type FileReader = () => Promise<string | undefined>;

/** Throws where the file cannot be read; answers undefined where there is none to read. */
export function watchedFile(path: string | undefined): FileReader {
  let seen: { readonly stamp: string; readonly text: string } | undefined;
  return async () => {
    if (path === undefined) return undefined;
    const { mtimeMs, size, ino } = await stat(path);
    const stamp = `${mtimeMs}/${size}/${ino}`;
    if (seen?.stamp !== stamp) seen = { stamp, text: (await readFile(path, "utf8")).trim() };
    return seen.text;
  };
}
