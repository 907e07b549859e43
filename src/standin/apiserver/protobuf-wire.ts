/** The wire format of protocol buffers: numbered fields, of which those with a length are kept. https://protobuf.dev/programming-guides/encoding */
import { badRequest } from "../../sim/kube/status-error.ts";

export interface WireField {
  readonly number: number;
  /** Empty for numbers. */
  readonly bytes: Buffer;
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;

/** Throws 400 where the bytes end too early or are of no known type. */
export function* fieldsOf(bytes: Buffer): Generator<WireField> {
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const [from, to] = extent(bytes, tag.next, tag.value & 7);
    if (to > bytes.length) {
      throw badRequest("error decoding the body: unexpected EOF");
    }
    yield { number: tag.value >>> 3, bytes: bytes.subarray(from, to) };
    at = to;
  }
}

/** Where a field's content is. */
function extent(bytes: Buffer, at: number, type: number): readonly [from: number, to: number] {
  switch (type) {
    case VARINT: {
      const { next } = varint(bytes, at);
      return [next, next];
    }
    case FIXED_64:
      return [at + 8, at + 8];
    case FIXED_32:
      return [at + 4, at + 4];
    case LENGTH: {
      const { value, next } = varint(bytes, at);
      return [next, next + value];
    }
    default:
      throw badRequest(`error decoding the body: proto: illegal wireType ${type}`);
  }
}

function varint(bytes: Buffer, start: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = start, scale = 1; at < bytes.length; at += 1, scale *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) {
      return { value, next: at + 1 };
    }
  }
  throw badRequest("error decoding the body: unexpected EOF");
}
