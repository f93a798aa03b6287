#include "runtime/specifier.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace evald {
namespace {

// How a path begins, and what follows it.
struct Parts {
  // "/", "https://example.com/", "npm:", "./", or nothing for a name.
  std::string root;
  std::string_view rest;
};

size_t SchemeLength(std::string_view text) {
  if (text.empty() || std::isalpha(static_cast<unsigned char>(text[0])) == 0) return 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == ':') return i + 1;
    if (std::isalnum(c) == 0 && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

Parts Split(std::string_view text) {
  if (text.substr(0, 1) == "/") return {"/", text.substr(1)};
  if (text.substr(0, 2) == "./" || text.substr(0, 3) == "../") return {"./", text};
  const size_t scheme = SchemeLength(text);
  if (scheme == 0) return {"", text};
  if (text.substr(scheme, 2) != "//") return {std::string(text.substr(0, scheme)), text.substr(scheme)};
  const size_t end = std::min(text.find('/', scheme + 2), text.size());
  return {absl::StrCat(absl::string_view(text.data(), end), "/"),
          text.substr(std::min(end + 1, text.size()))};
}

class Path {
 public:
  explicit Path(std::string root) : root_(std::move(root)) {}

  void Append(std::string_view segments) {
    while (!segments.empty()) {
      const size_t slash = segments.find('/');
      Step(segments.substr(0, slash));
      is_folder_ = is_folder_ || slash != std::string_view::npos;
      if (slash == std::string_view::npos) return;
      segments.remove_prefix(slash + 1);
    }
  }

  std::string Text() const {
    const std::string joined =
        absl::StrCat(absl::StrJoin(segments_, "/"), is_folder_ && !segments_.empty() ? "/" : "");
    const bool climbs = !segments_.empty() && segments_.front() == "..";
    return climbs && root_ == "./" ? joined : absl::StrCat(root_, joined);
  }

 private:
  void Step(std::string_view segment) {
    is_folder_ = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") return Climb();
    if (!is_folder_) segments_.emplace_back(segment);
  }

  void Climb() {
    if (!segments_.empty() && segments_.back() != "..") {
      segments_.pop_back();
      if (segments_.empty() && root_.empty()) root_ = "./";
    } else if (root_ == "./") {
      segments_.emplace_back("..");
    }
  }

  std::string root_;
  std::vector<std::string> segments_;
  bool is_folder_ = false;
};

}  // namespace

bool IsPath(std::string_view specifier) {
  return specifier.substr(0, 1) == "/" || specifier.substr(0, 2) == "./" || specifier.substr(0, 3) == "../";
}

bool HasScheme(std::string_view specifier) { return SchemeLength(specifier) > 0; }

std::string ResolvePath(std::string_view path, std::string_view base) {
  base = base.substr(0, base.find('?'));
  const Parts parts = Split(base);
  if (path.substr(0, 1) == "/") {
    Path whole(parts.root.size() > 1 && parts.root.back() == '/' && parts.root != "./" ? parts.root : "/");
    whole.Append(path.substr(1));
    return whole.Text();
  }
  const size_t slash = parts.rest.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : parts.rest.substr(0, slash);
  Path whole(parts.root.empty() && folder.empty() ? "./" : parts.root);
  whole.Append(folder);
  whole.Append(path);
  return whole.Text();
}

std::string CanonicalSpecifier(std::string_view specifier) {
  return IsPath(specifier) ? ResolvePath(specifier, "") : std::string(specifier);
}

std::string BaseOfScript(std::string_view resource_name) {
  if (IsPath(resource_name)) return ResolvePath(resource_name, "");
  if (HasScheme(resource_name)) return std::string(resource_name);
  return ResolvePath(absl::StrCat("./", absl::string_view(resource_name.data(), resource_name.size())), "");
}

}  // namespace evald
