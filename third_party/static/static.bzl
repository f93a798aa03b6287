"""Libraries of the system that are linked into a program, for programs that are forked.

A fork copies every mapping of the process, and a shared library is five of them: Abseil alone is some fifty libraries.
A program that depends on @static//:static and links with STATIC_LINKOPTS takes these libraries' code into itself, and the
linker drops their shared forms, which it is told of too, as not needed.
"""

STATIC_LINKOPTS = ["-Wl,--as-needed"]

_BUILD = """
cc_library(
    name = "static",
    srcs = ["libstatic.a"],
    visibility = ["//visibility:public"],
)
"""

def _run(ctx, command):
    result = ctx.execute(command)
    if result.return_code != 0:
        fail("{}: {}".format(" ".join([str(part) for part in command]), result.stderr))
    return result.stdout

def _static_impl(ctx):
    folder = _run(ctx, ["pkg-config", "--variable=libdir", "protobuf"]).strip()

    # All of Abseil, as any of it may be asked for. One archive of all members: within an archive no order matters.
    archives = _run(ctx, ["find", folder, "-maxdepth", "1", "-name", "libabsl_*.a"]).strip().split("\n")
    archives += [folder + "/libprotobuf.a", folder + "/libseccomp.a"]
    for archive in archives:
        if not ctx.path(archive).exists:
            fail("{} is missing: install libabsl-dev, libprotobuf-dev and libseccomp-dev.".format(archive))
    script = ["create libstatic.a"] + ["addlib " + archive for archive in archives] + ["save", "end", ""]
    ctx.file("script.mri", "\n".join(script), executable = False)
    _run(ctx, ["sh", "-c", "ar -M < script.mri"])
    ctx.file("BUILD.bazel", _BUILD, executable = False)

static_repository = repository_rule(
    implementation = _static_impl,
    environ = ["PATH", "PKG_CONFIG_PATH"],
    local = True,
)
