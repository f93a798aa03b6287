"""Boost's headers, from the system, with the function bodies of Asio and Beast compiled once."""

_BUILD = """package(default_visibility = ["//visibility:public"])

# Without the two defines, each file that includes Asio or Beast compiles all of it over again.
cc_library(
    name = "boost",
    srcs = ["compiled.cc"],
    hdrs = glob(["include/**"], allow_empty = True),
    copts = ["-w"],
    defines = [
        "BOOST_ASIO_SEPARATE_COMPILATION",
        "BOOST_BEAST_SEPARATE_COMPILATION",
    ],
    includes = glob(["include"], exclude_directories = 0, allow_empty = True),
    linkopts = ["-pthread"],
)
"""

_COMPILED = """#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
"""

def _boost_impl(ctx):
    root = ctx.os.environ.get("BOOST_ROOT", "")
    if root:
        if not ctx.path(root + "/include/boost/version.hpp").exists:
            fail("BOOST_ROOT is {}, which holds no include/boost/version.hpp.".format(root))
        ctx.symlink(root + "/include/boost", "include/boost")
    elif not ctx.path("/usr/include/boost/beast.hpp").exists:
        fail("Boost is not installed: run `./dev build`, which installs what is missing, or install libboost-dev.")
    ctx.file("compiled.cc", _COMPILED, executable = False)
    ctx.file("BUILD.bazel", _BUILD, executable = False)

_boost_repository = repository_rule(implementation = _boost_impl, environ = ["BOOST_ROOT"], local = True)

def boost_repository():
    _boost_repository(name = "boost")
