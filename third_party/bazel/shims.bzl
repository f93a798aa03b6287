"""The external repositories that Bazel itself asks for when it builds and tests C++, met without a download."""

_RULES_CC = "/usr/share/bazel/rules/cc"

def _rules_cc_impl(ctx):
    if not ctx.path(_RULES_CC).exists:
        fail("rules_cc is not at {}: install Debian's bazel-rules-cc package.".format(_RULES_CC))
    ctx.execute(["cp", "-r", _RULES_CC + "/.", "."])

    # Debian's rules_cc asks bazel_tools for use_cpp_toolchain(), which its Bazel (4.2) does not have yet. What the
    # function returns is this list in every Bazel that can read a WORKSPACE, so all of them take it.
    found = ctx.execute(["grep", "-rl", "use_cpp_toolchain", "--include=*.bzl", "."])
    for name in found.stdout.splitlines():
        text = ctx.read(name)
        text = text.replace(", \"use_cpp_toolchain\"", "")
        text = text.replace("use_cpp_toolchain()", "[\"@bazel_tools//tools/cpp:toolchain_type\"]")
        ctx.file(name, text, executable = False)

_rules_cc = repository_rule(implementation = _rules_cc_impl, local = True)

def _coverage_tools_impl(ctx):
    # Every cc_test depends on these two. They run only under `bazel coverage`, which then says why it cannot.
    ctx.file("none.sh", "#!/bin/sh\necho 'Coverage reports are not set up in this workspace.' >&2\nexit 1\n")
    ctx.file("BUILD.bazel", """package(default_visibility = ["//visibility:public"])

[sh_binary(
    name = name,
    srcs = ["none.sh"],
) for name in [
    "coverage_report_generator",
    "Main",
]]
""")
    ctx.file("WORKSPACE", "")

_coverage_tools = repository_rule(implementation = _coverage_tools_impl)

# Bazel 7 reads more rule sets when it chooses a toolchain, and Debian packages those beside it. Bazel 4 asks for none of
# them, and where they are not installed they are not looked for.
_SYSTEM_RULES = {
    "bazel_features": "/usr/share/bazel/tools/features",
    "bazel_skylib": "/usr/share/bazel/tools/skylib",
    "rules_license": "/usr/share/bazel/rules/license",
    "rules_proto": "/usr/share/bazel/rules/proto",
    "rules_python": "/usr/share/bazel/rules/python",
}

def _system_rules_impl(ctx):
    if not ctx.path(ctx.attr.path).exists:
        fail("{} is not at {}: install the Debian package that holds it.".format(ctx.name, ctx.attr.path))
    ctx.execute(["cp", "-r", ctx.attr.path + "/.", "."])

_system_rules = repository_rule(
    implementation = _system_rules_impl,
    attrs = {"path": attr.string(mandatory = True)},
    local = True,
)

# What Bazel's own JDK package loads. It is read whenever a toolchain is chosen, although nothing here is Java.
_JAVA_RULES = [
    "java_binary",
    "java_import",
    "java_library",
    "java_runtime",
    "java_test",
    "java_toolchain",
]

def _rules_java_impl(ctx):
    ctx.file("java/defs.bzl", "\n".join(["{0} = native.{0}".format(rule) for rule in _JAVA_RULES]) + "\n")
    ctx.file("java/BUILD.bazel", "")
    ctx.file("WORKSPACE", "")

_rules_java = repository_rule(implementation = _rules_java_impl)

def bazel_shims():
    _rules_cc(name = "rules_cc")
    _rules_java(name = "rules_java")
    for name, path in _SYSTEM_RULES.items():
        _system_rules(name = name, path = path)
    _coverage_tools(name = "remote_coverage_tools")
