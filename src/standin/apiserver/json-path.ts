/** The JSONPath of printer columns: `.a.b[0].c`, `.list[*].name`, `.conditions[?(@.type=="Ready")].status`, `['quoted\.key']`. */
import { isObject } from "../../sim/kube/json.ts";

const STEP = /\.([^.[\]]+)|\[(\d+|\*)\]|\['((?:[^'\\]|\\.)*)'\]|\[\?\(@\.([^=!<>]+?)\s*==\s*(["'])(.*?)\5\)\]/gy;

/** All values at `path`. */
export function valuesAt(root: unknown, path: string): readonly unknown[] {
  const text = path.replace(/^\{(.*)\}$/, "$1").replace(/^\$/, "");
  let values: readonly unknown[] = [root];
  for (const step of text.matchAll(STEP)) {
    const [, field, place, quoted, key, , wanted] = step;
    if (key !== undefined) {
      values = values.flatMap(list).filter((item) => valuesAt(item, `.${key}`).some((value) => String(value) === wanted));
    } else if (place === "*") {
      values = values.flatMap(list);
    } else if (place !== undefined) {
      values = values.flatMap((value) => list(value).slice(Number(place), Number(place) + 1));
    } else {
      const name = (quoted ?? field ?? "").replace(/\\(.)/g, "$1");
      values = values.flatMap((value) => (isObject(value) && value[name] !== undefined ? [value[name]] : []));
    }
  }
  return values;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
