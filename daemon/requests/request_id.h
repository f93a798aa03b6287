// RequestId: what names one request in the log, in its reply's trailing metadata and in other systems'
// traces.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

namespace evald {

// 32 lower-case hexadecimal digits: a trace id of W3C Trace Context.
class RequestId {
 public:
  // The trace id of a `traceparent` header. Nothing: it is not valid, and then to be ignored.
  static std::optional<RequestId> FromTraceparent(std::string_view header);

  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  friend class RequestIds;
  RequestId() = default;

  std::array<char, 32> text_;
};

// Makes ids for requests that bring none: 128 bits each, no two of them alike. They are no secrets: who has
// seen some may guess others. Thread-safe.
class RequestIds {
 public:
  RequestIds();

  RequestId Next();

 private:
  std::array<uint64_t, 2> seeds_;
  std::atomic<uint64_t> count_{0};
};

// The trailing metadata, and the HTTP header, that carries it.
inline constexpr char kRequestIdMetadataKey[] = "evald-request-id";
inline constexpr char kTraceparentMetadataKey[] = "traceparent";

}  // namespace evald
