/** A body that can't be read as its kind. The store tells it as a 400, or, out of a patch, as a 422. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
