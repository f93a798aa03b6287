"""The npm packages that package-lock.json beside this file pins, installed by npm, and the Node.js that runs them.

npm takes them from whichever registry it is configured for; the lock holds a digest of each. No package's own install
scripts are run. Targets, each a group of files below node_modules/:

  @npm//:PACKAGE     one package, as `@npm//:preact` or `@npm//:@preact/signals`
  @npm//:node        Node.js, as a program
  @npm//:esbuild     the bundler, as a program
  @npm//:node20      Node.js 20 from the lock, as a program
"""

_MIN_NODE = 18

_HELP = """
Do one of these:
  - run `./dev build`, which installs what is missing
  - install Node.js {} or later with npm: Debian's packages nodejs and npm""".format(_MIN_NODE)

_BUILD = """package(default_visibility = ["//visibility:public"])

[filegroup(
    name = package,
    srcs = glob(["node_modules/" + package + "/**"], exclude = ["**/* *"]),
) for package in {packages}]

filegroup(
    name = "node",
    srcs = ["bin/node"],
)

filegroup(
    name = "esbuild",
    srcs = glob(["node_modules/@esbuild/*/bin/esbuild"]),
)

# Node.js 20, whose behaviour tests compare with.
filegroup(
    name = "node20",
    srcs = glob(["node_modules/node-linux-*/bin/node"]),
)

exports_files(glob(["node_modules/*/package.json"]))
"""

# Everything that is pinned, whatever the user's own configuration leaves out.
_FLAGS = ["--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--fetch-retries=4"]

def _find(ctx, program):
    path = ctx.which(program)
    if not path:
        fail("evald is built with Node.js, and there is no `{}` in PATH.{}".format(program, _HELP))
    return path

def _find_node(ctx):
    node = _find(ctx, "node")
    version = ctx.execute([node, "--version"]).stdout.strip()
    major = version[1:].split(".")[0] if version.startswith("v") else ""
    if not major.isdigit() or int(major) < _MIN_NODE:
        fail("evald is built with Node.js {} or later; {} is {}.{}".format(
            _MIN_NODE,
            node,
            version or "none",
            _HELP,
        ))
    return node

def _packages(ctx):
    """The names of what npm installed: the folders of node_modules/, and those of its scopes."""
    found = ctx.execute(["find", "node_modules", "-mindepth", "1", "-maxdepth", "2", "-type", "d"])
    names = [path[len("node_modules/"):] for path in found.stdout.splitlines()]
    return sorted([
        name
        for name in names
        if not name.startswith(".") and name.startswith("@") == ("/" in name)
    ])

def _npm_impl(ctx):
    node, npm = _find_node(ctx), _find(ctx, "npm")
    for label in [ctx.attr.package, ctx.attr.lock, ctx.attr.npmrc]:
        ctx.file(label.name, ctx.read(ctx.path(label)), executable = False)
    ctx.report_progress("npm ci")
    done = ctx.execute([npm, "ci"] + _FLAGS)
    if done.return_code != 0:
        fail(("`npm ci` failed, which installs what third_party/npm/package-lock.json lists. It needs npm's " +
              "registry, or a mirror of it that npm's configuration names.\n{}{}").format(done.stdout, done.stderr))
    ctx.symlink(node, "bin/node")
    ctx.file("BUILD.bazel", _BUILD.format(packages = repr(_packages(ctx))), executable = False)

_npm_repository = repository_rule(
    implementation = _npm_impl,
    attrs = {
        "lock": attr.label(mandatory = True),
        "npmrc": attr.label(mandatory = True),
        "package": attr.label(mandatory = True),
    },
    environ = ["PATH"],
)

def npm_repository():
    _npm_repository(
        name = "npm",
        lock = "//third_party/npm:package-lock.json",
        npmrc = "//third_party/npm:.npmrc",
        package = "//third_party/npm:package.json",
    )
