// HTTP/1.1 as tests speak it to the admin endpoint: over a plain socket, so that they can say anything.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace evald::testing {

struct HttpAnswer {
  // 0: none came.
  int status = 0;
  // Its lines, with the status line.
  std::string head;
  // As it came: a chunked one still has its sizes in it.
  std::string body;
};

// One connection. Reading gives up after kPatience.
class HttpConnection {
 public:
  // `address` is HOST:PORT, with a numeric host, or unix:/PATH. REQUIRES: somebody listens there.
  explicit HttpConnection(const std::string& address);

  void Send(const std::string& text) const;
  // Reads on until all that was read has `text` in it, or the server hangs up; gives all that was read.
  std::string ReadUntil(const std::string& text);
  // Waits for more, and gives all that was read.
  std::string ReadMore();
  // Reads on until the server hangs up.
  HttpAnswer ReadAnswer();
  // As a client that crashes.
  void Close() { fd_ = UniqueFd(); }

 private:
  // False: the server has hung up.
  bool ReadSome();

  UniqueFd fd_;
  std::string read_;
};

struct HttpRequest {
  std::string method = "GET";
  std::string target;
  // Whole lines, each with its "\r\n". Without a Host here, "localhost" is sent.
  std::string headers;
  // Sent as JSON if it is not empty.
  std::string body;
};

// The bytes of it. The server is asked to hang up after its answer.
std::string ToBytes(const HttpRequest& request);

// One request on a connection of its own.
HttpAnswer Ask(const std::string& address, const HttpRequest& request);

}  // namespace evald::testing
