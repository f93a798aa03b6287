"""uninstrumented_binary(): a program as it is without --config=asan and its like, for tests built with one of them."""

def _uninstrumented_binary_impl(ctx):
    program = ctx.executable.program
    link = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = link, target_file = program, is_executable = True)
    runfiles = ctx.runfiles(files = [program]).merge(ctx.attr.program[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = link, runfiles = runfiles)]

# The flags of a sanitizer are for the target configuration; what a build itself would run is built without them.
uninstrumented_binary = rule(
    implementation = _uninstrumented_binary_impl,
    attrs = {
        "program": attr.label(mandatory = True, executable = True, cfg = "exec"),
    },
    executable = True,
)
