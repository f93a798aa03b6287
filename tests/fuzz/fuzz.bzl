"""fuzz_target(): a fuzzer, and an ordinary test that replays what it has learnt."""

def fuzz_target(name, srcs, deps):
    """Two programs around one LLVMFuzzerTestOneInput.

    `name` is the libFuzzer program (`./dev fuzz`), which only --config=fuzz can link. `name`_replay_test needs no fuzzing
    engine: it runs the inputs kept in corpus/`name`/ and, for a few seconds, simple mutations of them.

    Args:
      name: the fuzzer's name.
      srcs: its sources.
      deps: what they include, besides fuzz.h.
    """
    native.cc_library(
        name = name + "_input",
        testonly = True,
        srcs = srcs,
        deps = deps + [
            ":fuzz",
            "//base:check",
        ],
        alwayslink = True,
    )
    native.cc_binary(
        name = name,
        testonly = True,
        # Not with the rest: without libFuzzer it has no main().
        tags = [
            "fuzz",
            "manual",
        ],
        deps = [":" + name + "_input"],
    )
    corpus = "corpus/" + name
    native.cc_test(
        name = name + "_replay_test",
        size = "small",
        args = [native.package_name() + "/" + corpus],
        data = native.glob([corpus + "/**"]),
        deps = [
            ":replay",
            ":" + name + "_input",
        ],
    )
