// Classic scripts that await at their top level.
#pragma once

#include <v8.h>

#include <string_view>

namespace evald {

// Compiles a classic script. One that says `await` and does not compile, or compiles only because `await (x)`
// can be a call, is tried as the body of an async function that returns the value of its last expression
// statement: running it gives a promise, and what it declares is its own. Places in it, and the lines that
// errors show, stay those of `source`. That takes the extension `top_level_await`, whose hook await.rewrite
// gives [rewritten source, source map or
// ''], or undefined if nothing is awaited at the top level. Empty: it threw; what is thrown is about
// `source`.
v8::MaybeLocal<v8::Script> CompileWithAwait(v8::Local<v8::Context> context, std::string_view source,
                                            std::string_view resource_name);

}  // namespace evald
