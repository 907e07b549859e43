/** Lines of a stream of bytes that is cut anywhere into chunks. */

/** A line longer than this many characters is nothing that anybody sends on purpose: no object in etcd comes near it. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

/** Empty lines are left out. Throws what `tooLong` makes where a line has no end. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, tooLong: () => Error): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, piece] of pieces.entries()) {
      parts.push(piece);
      length += piece.length;
      if (length > MAX_LINE_CHARS) throw tooLong();
      if (index === pieces.length - 1) continue;
      const line = parts.join("");
      parts = [];
      length = 0;
      if (line.trim() !== "") yield line;
    }
  }
  const rest = parts.join("");
  if (rest.trim() !== "") yield rest;
}
