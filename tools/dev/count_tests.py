"""Counts the test cases of one `bazel test`: prints "N passed, M failed", and fails if any failed or none ran.

usage: count_tests.py EVENTS BAZEL_STATUS

EVENTS is what --build_event_json_file wrote. The cases are those in each target's test.xml; a target without one, or
one that failed though its cases did not, counts as one case. A target that does not build is one that failed, and so
is a build that failed elsewhere.
"""

import collections
import json
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

Count = collections.namedtuple("Count", ["passed", "failed"])


def read_events(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def unbuilt_tests(events):
    """The labels of the test targets that do not build. One that builds and does not run was filtered by its tags."""
    tests = {
        event["id"]["targetConfigured"]["label"]
        for event in events
        if "targetConfigured" in event["id"] and "testSize" in event.get("configured", {})
    }
    built = {
        event["id"]["targetCompleted"]["label"]
        for event in events
        if "targetCompleted" in event["id"] and event.get("completed", {}).get("success")
    }
    return tests - built


def last_results(events):
    """The result of each label, run and shard: that of the last attempt."""
    results = {}
    for event in events:
        key = event["id"].get("testResult")
        if key and "testResult" in event:
            slot = (key["label"], key.get("run", 1), key.get("shard", 0))
            attempt = key.get("attempt", 1)
            if slot not in results or results[slot][0] <= attempt:
                results[slot] = (attempt, event["testResult"])
    return {slot: result for slot, (_, result) in results.items()}


def xml_path(result):
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml" and output.get("uri", "").startswith("file:"):
            return urllib.request.url2pathname(urllib.parse.urlparse(output["uri"]).path)
    return None


def count_cases(path):
    """Cases that were skipped or disabled count as neither."""
    passed = failed = 0
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is None and case.get("status") != "notrun" and case.get("result") != "skipped":
            passed += 1
    return Count(passed, failed)


def count_result(result):
    target_passed = result.get("status") in ("PASSED", "FLAKY")
    path = xml_path(result)
    try:
        cases = count_cases(path) if path else None
    except (OSError, ElementTree.ParseError):
        cases = None
    if cases is None:
        return Count(1, 0) if target_passed else Count(0, 1)
    if not target_passed and cases.failed == 0:
        return Count(cases.passed, 1)
    return cases


def main():
    events = read_events(sys.argv[1])
    bazel_failed = sys.argv[2] != "0"
    results = last_results(events)
    counts = [count_result(result) for result in results.values()]
    passed = sum(count.passed for count in counts)
    failed = sum(count.failed for count in counts)

    unbuilt = sorted(unbuilt_tests(events) - {label for label, _, _ in results})
    for label in unbuilt:
        print("%s did not run: it does not build" % label)
    failed += len(unbuilt)
    if bazel_failed and failed == 0:
        print("The build failed; see above.")
        failed = 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
