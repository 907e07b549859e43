/** What is worth saying once about the samples, without changing any decision. */
import type { SampleNotice } from "../domain/samples.ts";

const notice = (reason: SampleNotice["reason"], message: string): SampleNotice => ({ reason, message });

export const NOTICES = {
  duplicateSeries: notice(
    "DuplicateSeries",
    "the same counters arrive more than once, as from two scrape jobs or replicas: each counts once; leave one job for the proxies",
  ),
  noClients: notice(
    "ClientViewMissing",
    "failures that only callers see are not counted: name the callers' pods in analysis.clients (source: Proxies)",
  ),
  clientsUnread: notice("ClientViewMissing", "failures that only callers see are not counted: no pod of analysis.clients could be read"),
  clientsSilent: notice(
    "ClientViewMissing",
    "failures that only callers see are not counted: the pods of analysis.clients show no request to either version",
  ),
  voidSample: notice("VoidSample", "a pod's counters went down without a restart: that sample is not used"),
  boundsDiffer: notice("BoundsDiffer", "the latency histograms of the pods have different bounds: latency is not compared"),
  histogramInvalid: notice(
    "InvalidCounts",
    "a pod's latency histogram has no +Inf bucket, or its counts are not cumulative: its latency is not used",
  ),
  invalidValue: (family: string) => notice("InvalidCounts", `${family} has values that no counter can have: that sample is not used`),
} as const;
