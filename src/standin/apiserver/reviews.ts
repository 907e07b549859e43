/** Questions about permissions: answered, never kept. Without an `authorize` everything is allowed. */
import { isObject, part } from "../../sim/kube/json.ts";
import { badRequest, StatusError } from "../../sim/kube/status-error.ts";
import type { Reply, ResourceRequest, Verb } from "./context.ts";

export const REVIEWS = [
  {
    group: "authorization.k8s.io",
    contentGroup: "authorization.k8s.io",
    version: "v1",
    plural: "selfsubjectaccessreviews",
    kind: "SelfSubjectAccessReview",
    singular: "selfsubjectaccessreview",
    namespaced: false,
    shortNames: [],
    categories: [],
    custom: false,
  },
] as const;

/** What a request wants, in the words of RBAC. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export type Authorize = (access: Access) => boolean;

export const REVIEW_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

export function reviewReply(review: unknown, authorize: Authorize): Reply {
  if (!isObject(review)) {
    throw badRequest("the body of the request is not an object");
  }
  const attributes = part(part(review, "spec"), "resourceAttributes");
  const text = (key: string) => (typeof attributes[key] === "string" ? attributes[key] : "");
  const allowed = authorize({
    verb: text("verb"),
    group: text("group"),
    resource: text("resource"),
    subresource: text("subresource"),
    namespace: text("namespace"),
    name: text("name"),
  });
  return { status: 201, body: { ...review, metadata: {}, status: { allowed } } };
}

export function requireAccess(request: ResourceRequest, authorize: Authorize): void {
  const access = accessOf(request);
  if (authorize(access)) {
    return;
  }
  const { group, resource, subresource, namespace, name } = access;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  const subject = `${resource}${group === "" ? "" : `.${group}`}${name === "" ? "" : ` ${JSON.stringify(name)}`}`;
  const place = namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  const message = `${subject} is forbidden: User "stand-in" cannot ${access.verb} resource ${JSON.stringify(whole)} in API group ${JSON.stringify(group)} ${place}`;
  throw new StatusError(403, "Forbidden", message, { ...(name !== "" && { name }), ...(group !== "" && { group }), kind: resource });
}

function accessOf({ verb, kind, subresource, namespace, name }: { verb: Verb } & Omit<ResourceRequest, "verb">): Access {
  return { verb, group: kind.group, resource: kind.plural, subresource: subresource ?? "", namespace, name };
}
