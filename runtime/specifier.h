// Specifiers of modules, as paths and names.
//
// What begins with "./", "../" or "/" is a path, relative to whoever imports it. Everything else ("prices",
// "@shop/prices", "https://example.com/prices.js") is a name, and names are exact. Nothing is ever looked for
// on a disk or a network: a path is only a way to say which of the modules that are there is meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evald {

// No module's specifier is longer, in bytes of UTF-8.
inline constexpr size_t kMaxSpecifierBytes = 4096;

// Whether it is a path.
bool IsPath(std::string_view specifier);

// Whether it begins with a scheme, as URLs do.
bool HasScheme(std::string_view specifier);

// The path as seen from the folder that the module `base` is in: "./b.js" seen from "./lib/a.js" is
// "./lib/b.js", from "shop/a.js" it is "shop/b.js", from "https://x/lib/a.js" it is "https://x/lib/b.js", and
// from "shop" it is "./b.js". REQUIRES: IsPath(path).
std::string ResolvePath(std::string_view path, std::string_view base);

// The one way to write what a module is called: a path without "." and ".." where they say nothing; a name as
// it is.
std::string CanonicalSpecifier(std::string_view specifier);

// Where a source that is no module of anybody's is taken to be: "eval.js" at "./eval.js".
std::string BaseOfScript(std::string_view resource_name);

}  // namespace evald
