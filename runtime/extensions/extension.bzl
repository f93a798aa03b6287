"""evald_extension(): a built-in extension, from its folder."""

def evald_extension(
        name,
        js,
        srcs = [],
        hdrs = [],
        npm = [],
        globals = None,
        alias = {},
        deps = [],
        visibility = None,
        **kwargs):
    """A C++ library of one extension: its native half, and its JavaScript bundled to one text.

    The folder holds extension.json, the manifest:

      {
        "name": "events",           what others name it by; also the name of the folder
        "version": "1.0.0",
        "needs": ["console"],       extensions that come before it, and that its JavaScript may import
        "provides": ["Event"],      globals that are there when it has run
        "ops": ["events_now"]       its native functions
      }

    and <name>.js, an ES module. It may import other files of the folder, npm packages, what another extension
    exports (`import { Event } from 'evald:events'`), and its native functions (`import { events_now } from 'evald:ops'`).
    It has no other way to the host.

    The rule makes <name>_bundle.h with `Extension <Name>Bundle()` in namespace evald: all but the native functions, which
    the native half adds (runtime/extension.h, WithOps).

    Args:
      name: the extension's name: that of the rule, of its folder and of its JavaScript file.
      js: all JavaScript files that go into the bundle.
      srcs: the native half's C++.
      hdrs: its headers.
      npm: labels of the npm packages that go into the bundle, those that they need included.
      globals: a JavaScript file; wherever the bundle uses a global of the name of one of its exports, it uses that.
      alias: a JavaScript file for the name of each module that packages import and that it stands in for.
      deps: what the native half needs.
      visibility: as everywhere.
      **kwargs: passed on to cc_library.
    """
    bundle = name + "_bundle"
    native.genrule(
        name = bundle,
        srcs = {file: None for file in js + ([globals] if globals else []) + alias.values()}.keys() + npm + [
            "extension.json",
            "//runtime/extensions:bundle.mjs",
        ],
        outs = [bundle + ".h"],
        cmd = " ".join([
            "$(location @npm//:node) $(location //runtime/extensions:bundle.mjs)",
            "--esbuild $(location @npm//:esbuild)",
            "--packages $$(dirname $(location @npm//:node))/../node_modules",
            "--manifest $(location extension.json)",
            "--entry $(location {}.js)".format(name),
            "--header $@",
        ] + (["--globals $(location {})".format(globals)] if globals else []) + [
            "--alias {}=$(location {})".format(module, file)
            for module, file in alias.items()
        ]),
        tools = [
            "@npm//:esbuild",
            "@npm//:node",
        ],
    )
    native.cc_library(
        name = name,
        srcs = srcs + [":" + bundle],
        hdrs = hdrs,
        visibility = visibility or ["//runtime/extensions:__subpackages__"],
        deps = deps + [
            "//runtime:extension",
            "//third_party/v8",
        ],
        **kwargs
    )
