"""conformance_test(): an evald isolate and Node.js 20 run the same cases and are compared."""

def conformance_test(name, cases, size = "medium", tags = []):
    """A test that runs a file of cases in both and compares what they print, line by line.

    Args:
      name: the test's name.
      cases: a JavaScript file, the body of an async function; prelude.js says what it has at hand.
      size: as everywhere.
      tags: as everywhere.
    """
    native.cc_test(
        name = name,
        size = size,
        args = [
            "$(rootpath @npm//:node20)",
            "$(rootpath //tests/conformance:prelude.js)",
            "$(rootpath {})".format(cases),
        ],
        data = [
            cases,
            "//tests/conformance:prelude.js",
            "@npm//:node20",
        ],
        tags = tags,
        deps = ["//tests/conformance:compare"],
    )
