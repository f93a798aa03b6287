"""V8, as Debian builds it: the shared object libnode and V8's public headers.

Looked for in this order:
  1. V8_ROOT in the environment: a folder with include/ and lib/, or an unpacked Debian tree (usr/include, usr/lib).
  2. The installed package libnode-dev.
  3. The packages libnode-dev and its runtime, fetched with apt-get and unpacked into the repository's folder. That
     needs no root and leaves the system as it is; where another `nodejs` keeps libnode-dev from being installed, it
     is the only way.
"""

_BUILD = """# Only //third_party/v8 sees these: who may use V8 is said there.
package(default_visibility = ["@//third_party/v8:__pkg__"])

cc_library(
    name = "v8",
    srcs = [":libnode"],
    hdrs = glob(["include/**/*.h"]),
    includes = ["include"],
    linkopts = ["-pthread"],
    linkstatic = True,
)

filegroup(
    name = "libnode",
    srcs = ["lib/{libnode}"],
)
"""

_HEADER_FOLDERS = [
    "usr/include/nodejs/deps/v8/include",
    "include",
    "usr/include/node",
]

_HELP = """
Do one of these:
  - run `apt-get update` as root (or `./dev build`, which does), so that apt knows the package libnode-dev
  - install libnode-dev
  - set V8_ROOT to a folder that holds V8's headers in include/ and libnode.so.* in lib/"""

def _find_headers(ctx, root):
    for folder in _HEADER_FOLDERS:
        if ctx.path("{}/{}/v8.h".format(root, folder)).exists:
            return "{}/{}".format(root, folder)
    return None

def _find_libnode(ctx, folders):
    """The shared object by the name programs ask the loader for, which carries a version: libnode.so.108."""
    folders = [folder for folder in folders if ctx.path(folder).exists]
    found = ctx.execute(["find"] + folders + ["-maxdepth", "2", "-name", "libnode.so.*"]) if folders else None
    names = sorted(found.stdout.splitlines()) if found else []
    return names[0] if names else None

def _in_tree(ctx, root):
    headers = _find_headers(ctx, root)
    libnode = _find_libnode(ctx, [root + "/lib", root + "/usr/lib"])
    return struct(headers = headers, libnode = libnode) if headers and libnode else None

def _installed(ctx):
    headers = "/usr/include/nodejs/deps/v8/include"
    libnode = _find_libnode(ctx, ["/usr/lib"])
    if not libnode or not ctx.path(headers + "/v8.h").exists:
        return None
    return struct(headers = headers, libnode = libnode)

def _must(ctx, command, what, folder = "."):
    done = ctx.execute(command, working_directory = folder, environment = {"LC_ALL": "C"})
    if done.return_code != 0:
        fail("V8 is not here: {} failed.\n{}{}".format(what, done.stderr, _HELP))
    return done.stdout

def _fetch_package(ctx, package):
    """Downloads and unpacks one package under tree/; returns what its Depends field says."""
    ctx.report_progress("fetching the Debian package " + package)
    folder = "deb/" + package.split("=")[0]
    ctx.file(folder + "/.folder", "", executable = False)
    _must(ctx, ["apt-get", "-o", "Acquire::Retries=3", "download", package], "`apt-get download {}`".format(package), folder)
    files = _must(ctx, ["find", folder, "-name", "*.deb"], "finding the package").splitlines()
    _must(ctx, ["dpkg-deb", "-x", files[0], "tree"], "unpacking " + package)
    return _must(ctx, ["dpkg-deb", "-f", files[0], "Depends"], "reading " + package)

def _runtime_package(depends):
    """The package that holds libnode.so, as apt-get wants it: libnode108=VERSION."""
    for clause in depends.split(","):
        words = clause.strip().replace("(", "").replace(")", "").split(" ")
        if words[0].startswith("libnode"):
            return words[0] + ("=" + words[2].strip() if len(words) == 3 and words[1] == "=" else "")
    fail("V8 is not here: libnode-dev names no libnode package among what it depends on." + _HELP)

def _fetched(ctx):
    if not ctx.which("apt-get") or not ctx.which("dpkg-deb"):
        fail("V8 is not here, and apt-get and dpkg-deb, which could fetch it, are not either." + _HELP)
    _fetch_package(ctx, _runtime_package(_fetch_package(ctx, "libnode-dev")))
    ctx.delete("deb")
    found = _in_tree(ctx, str(ctx.path("tree")))
    if not found:
        fail("V8 is not here: the packages fetched hold no v8.h or no libnode.so." + _HELP)
    return found

def _locate(ctx):
    root = ctx.os.environ.get("V8_ROOT", "")
    if root:
        found = _in_tree(ctx, root)
        if not found:
            fail("V8_ROOT is {}, which holds no v8.h in include/ or no libnode.so.* in lib/.{}".format(root, _HELP))
        return found
    return _installed(ctx) or _fetched(ctx)

def _check_loads(ctx, libnode):
    """Names the libraries that libnode needs and the system lacks, which a linker says in a less helpful way."""
    ldd = ctx.execute(["ldd", libnode])
    missing = [line.split("=>")[0].strip() for line in ldd.stdout.splitlines() if "not found" in line]
    if missing:
        fail("{} needs shared libraries that are not installed: {}. Run `./dev build`, which installs them.".format(
            libnode,
            ", ".join(missing),
        ))

def _v8_impl(ctx):
    found = _locate(ctx)
    _check_loads(ctx, found.libnode)
    name = found.libnode.split("/")[-1]
    ctx.symlink(found.headers, "include")
    ctx.symlink(found.libnode, "lib/" + name)
    ctx.file("BUILD.bazel", _BUILD.replace("{libnode}", name), executable = False)

v8_repository = repository_rule(implementation = _v8_impl, environ = ["V8_ROOT", "PATH"])
