/** Keys of work queues, taken apart again. */
export function splitKey(key: string): readonly [namespace: string, name: string] {
  const [namespace = "", name = ""] = key.split("/");
  return [namespace, name];
}
