"""e2e_test(): a cc_test that runs the real evald."""

# What tests find in their environment, each as a path below the folder they start in.
_PROGRAMS = {
    "EVALCTL": "//client:evalctl",
    "EVALD_DAEMON": "//daemon:evald",
    "EVALD_SNAPSHOT_TOOL": "//snapshot:evald-snapshot",
    "EVALD_TRANSPILER": "//typescript:transpiler",
    "EVALD_ZYGOTE": "//tools/sanitizers:zygote",
}

def e2e_test(name, srcs, programs = {}, data = [], deps = [], size = "medium"):
    """A test with evald's programs beside it.

    Args:
      name: the test's name.
      srcs: its sources.
      programs: more of what it finds in its environment: variable to label of one file.
      data: other files.
      deps: besides the fixture and GoogleTest.
      size: as everywhere.
    """
    all_programs = dict(_PROGRAMS, **programs)
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs,
        data = all_programs.values() + data,
        env = {variable: "$(rootpath {})".format(label) for variable, label in all_programs.items()},
        # Each runs a daemon with a pool of processes, and looks at how long things take.
        tags = ["cpu:2"],
        deps = deps + [
            "//tests/support:shared_daemon",
            "@gtest//:gmock",
            "@gtest//:gtest_main",
        ],
    )
