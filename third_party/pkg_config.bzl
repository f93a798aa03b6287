"""A repository rule over pkg-config, shared by the libraries that come from the system."""

_LIBRARY = """
cc_library(
    name = {name},
    hdrs = glob({globs}, allow_empty = True),
    defines = {defines},
    includes = {includes},
    linkopts = {linkopts},
    deps = {deps},
)
"""

def pkg_config_library(module = "", header = "", linkopts = [], deps = []):
    """Describes one library of a pkg_config_repository.

    Args:
      module: what pkg-config calls it. Empty for a library that has no .pc file.
      header: path under /usr/include that has to exist; how a library with no .pc file is found.
      linkopts: options before those of pkg-config.
      deps: labels of other libraries it brings along.
    """
    return json.encode(struct(module = module, header = header, linkopts = linkopts, deps = deps))

def _missing(ctx, what):
    fail("{} is not installed: run `./dev build`, which installs what is missing, or install {}.".format(
        what,
        ctx.attr.debian,
    ))

def _query(ctx, module):
    pkg_config = ctx.which("pkg-config")
    if not pkg_config:
        fail("pkg-config is not installed: run `./dev build`, which installs what is missing.")
    found = ctx.execute([pkg_config, "--cflags", "--libs", module])
    if found.return_code != 0:
        _missing(ctx, "The library `{}`".format(module))
    return [flag for flag in found.stdout.strip().split(" ") if flag]

def _parse(ctx, name, flags):
    """Sorts pkg-config's flags into the attributes of a cc_library."""
    defines, includes, linkopts = [], [], []
    for flag in flags:
        if flag.startswith("-D"):
            if flag[2:] not in defines:
                defines.append(flag[2:])
        elif flag.startswith("-I"):
            # The compiler finds /usr/include by itself. Other folders become part of the repository, since Bazel
            # lets nothing include from outside.
            folder = flag[2:].rstrip("/")
            if folder != "/usr/include":
                inside = "include/{}/{}".format(name, len(includes))
                ctx.symlink(folder, inside)
                includes.append(inside)
        elif flag.startswith("-std="):
            pass
        elif not flag.startswith("-l") or flag not in linkopts:
            linkopts.append(flag)
    return struct(defines = defines, includes = includes, linkopts = linkopts)

def _pkg_config_impl(ctx):
    build = ["package(default_visibility = [\"//visibility:public\"])\n"]
    for name, encoded in ctx.attr.libraries.items():
        library = json.decode(encoded)
        if library["header"] and not ctx.path("/usr/include/" + library["header"]).exists:
            _missing(ctx, "The header <{}>".format(library["header"]))
        flags = _query(ctx, library["module"]) if library["module"] else []
        parsed = _parse(ctx, name, flags)
        build.append(_LIBRARY.format(
            name = repr(name),
            globs = repr([folder + "/**" for folder in parsed.includes]),
            defines = repr(parsed.defines),
            includes = repr(parsed.includes),
            linkopts = repr(library["linkopts"] + parsed.linkopts),
            deps = repr(library["deps"]),
        ))
    for tool in ctx.attr.tools:
        path = ctx.which(tool)
        if not path:
            _missing(ctx, "The program `{}`".format(tool))
        ctx.symlink(path, "bin/" + tool)
        build.append("\nfilegroup(\n    name = {},\n    srcs = {},\n)\n".format(repr(tool), repr(["bin/" + tool])))
    ctx.file("BUILD.bazel", "".join(build), executable = False)

pkg_config_repository = repository_rule(
    implementation = _pkg_config_impl,
    doc = "cc_library targets for libraries of the system, and targets for programs that come with them.",
    attrs = {
        "debian": attr.string(mandatory = True, doc = "The Debian packages to name when something is missing."),
        "libraries": attr.string_dict(doc = "Target name to a pkg_config_library()."),
        "tools": attr.string_list(doc = "Programs found in PATH."),
    },
    environ = ["PATH", "PKG_CONFIG_PATH"],
    local = True,
)
