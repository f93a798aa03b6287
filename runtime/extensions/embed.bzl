"""embed_js(): a JavaScript file as a string constant that C++ can include."""

def embed_js(name, src, symbol):
    """Makes <name>.h, which holds the file's text as `inline constexpr char <symbol>[]` in namespace evald.

    Args:
      name: the header's name, without its ending; also the name of the rule.
      src: the JavaScript file. It must not hold the characters )JAVASCRIPT" in this order.
      symbol: the constant's name.
    """
    native.genrule(
        name = name,
        srcs = [src],
        outs = [name + ".h"],
        cmd = " && ".join([
            "{ echo '#pragma once'",
            "echo 'namespace evald {'",
            "printf 'inline constexpr char " + symbol + "[] = R\"JAVASCRIPT('",
            "cat $<",
            "echo ')JAVASCRIPT\";'",
            "echo '}  // namespace evald'; } > $@",
        ]),
    )
