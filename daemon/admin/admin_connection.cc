#include "daemon/admin/admin_connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace evald {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

// What is written at once.
constexpr size_t kSliceBytes = 64 << 10;
constexpr size_t kSlicesAtOnce = 4;
// How long a client that was told to go may go on sending.
constexpr Duration kLeaveTime = std::chrono::seconds(1);

std::shared_ptr<const std::string> Shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

AdminResponse TooLong(uint64_t limit) {
  return {.status = http::status::payload_too_large,
          .body = absl::StrCat("Too long a body: the limit here is ", limit, " bytes.\n")};
}

bool BodyIsChunked(const AdminRequest& header) {
  return header.version() >= 11 && header.count(http::field::transfer_encoding) == 1 &&
         boost::beast::iequals(header[http::field::transfer_encoding], "chunked");
}

AdminResponse TooMany() {
  return {.status = http::status::service_unavailable,
          .body = "Too many long bodies are arriving: try again in a moment.\n"};
}

}  // namespace

AdminConnection::AdminConnection(Socket socket, std::shared_ptr<AdminConnections> connections)
    : socket_(std::move(socket)),
      connections_(std::move(connections)),
      buffer_(connections_->options.max_header_bytes + kReadBytes) {}

void AdminConnection::SetState(State state) {
  const bool answered = state_ == State::kAnswering && state != State::kAnswering;
  state_ = state;
  SetDeadline();
  if (answered && connections_->answered_hook) connections_->answered_hook();
}

void AdminConnection::SetDeadline() {
  const bool reads = state_ == State::kReading || state_ == State::kLeaving;
  const bool writes = state_ == State::kAnswering && writing_;
  if (!reads && !writes) return deadline_.Cancel();
  const Duration left = (reads ? read_by_ : write_by_) - connections_->timers->clock().Now();
  // The timer goes when the connection is closed, so it does not outlive it.
  deadline_ = connections_->timers->After(std::max(left, Duration(0)), [this] { Close(); });
}

void AdminConnection::AwaitRequest() {
  read_by_ = connections_->timers->clock().Now() + connections_->options.timeout;
  SetState(State::kReading);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(connections_->options.max_header_bytes));
  // Until the route is known.
  parser_->body_limit(boost::none);
  header_bytes_ = 0;
  route_ = nullptr;
  version_ = 11;
  head_only_ = keep_alive_ = begun_ = ended_ = false;
  Parse();
}

void AdminConnection::Parse() {
  while (state_ == State::kReading && buffer_.size() > 0) {
    error_code error;
    const bool in_header = !parser_->is_header_done();
    const size_t bytes = parser_->put(buffer_.data(), error);
    buffer_.consume(bytes);
    if (in_header) header_bytes_ += bytes;
    if (HeaderTooLong()) error = make_error_code(http::error::header_limit);
    if (error == http::error::need_more) break;
    if (error) {
      RefuseUnreadable(error);
      break;
    }
    if (route_ == nullptr && parser_->is_header_done()) OnHeader();
    if (state_ == State::kReading && parser_->is_done()) OnRequest();
  }
  if (state_ == State::kReading && end_of_input_) return Close();
  ReadMore();
}

// The parser's own limit is of what it is given at once: it takes complete fields out of what follows.
bool AdminConnection::HeaderTooLong() const {
  const size_t rest = parser_->is_header_done() ? 0 : buffer_.size();
  return header_bytes_ + rest > connections_->options.max_header_bytes;
}

void AdminConnection::OnHeader() {
  const AdminRequest& header = parser_->get();
  version_ = header.version();
  head_only_ = header.method() == http::verb::head;
  keep_alive_ = header.keep_alive();
  if (header.count(http::field::transfer_encoding) > 0 && !BodyIsChunked(header)) {
    // Where its body ends, and the next request begins, is anybody's guess.
    keep_alive_ = false;
    return Refuse({.status = http::status::bad_request,
                   .body = "Of Transfer-Encoding, \"chunked\" in HTTP/1.1 is all that is understood.\n"});
  }
  AdminResponse no_route;
  route_ = connections_->router->Find(header.method(), ToView(header.target()), no_route);
  if (auto refusal = RefuseEntry(connections_->access, header, route_)) return Refuse(*std::move(refusal));
  if (route_ == nullptr) return Refuse(std::move(no_route));
  const bool has_body = !parser_->is_done();
  if (auto refusal = RefuseRoute(connections_->access, header, *route_, has_body))
    return Refuse(*std::move(refusal));
  if (!has_body) return;
  const uint64_t limit =
      route_->max_body_bytes > 0 ? route_->max_body_bytes : connections_->options.max_body_bytes;
  const uint64_t announced = parser_->content_length().value_or(0);
  if (announced > limit) return Refuse(TooLong(limit));
  parser_->body_limit(limit);
  if ((parser_->chunked() ? limit : announced) > connections_->options.max_body_bytes) {
    if (connections_->long_bodies >= connections_->options.max_long_bodies) return Refuse(TooMany());
    ++connections_->long_bodies;
    long_body_ = true;
  }
  if (version_ >= 11 && boost::beast::iequals(header[http::field::expect], "100-continue")) {
    Enqueue(Shared("HTTP/1.1 100 Continue\r\n\r\n"));
    Flush();
  }
  read_by_ = connections_->timers->clock().Now() + connections_->options.timeout +
             std::chrono::seconds((parser_->chunked() ? limit : announced) >> 20);
  SetDeadline();
}

void AdminConnection::EndLongBody() {
  if (std::exchange(long_body_, false)) --connections_->long_bodies;
}

void AdminConnection::OnRequest() {
  SetState(State::kAnswering);
  EndLongBody();
  AdminRequest request = parser_->release();
  std::unique_ptr<AdminTask> task = route_->handler(request, *this);
  if (ended_) return;
  EVALD_CHECK(task != nullptr, "a handler answers, or leaves a task that will");
  task_ = std::move(task);
  if (end_of_input_) Close();
}

void AdminConnection::Refuse(AdminResponse refusal) {
  // What follows a body that was not read cannot be made sense of.
  keep_alive_ = keep_alive_ && parser_->is_done();
  SetState(State::kAnswering);
  Send(std::move(refusal));
}

void AdminConnection::RefuseUnreadable(const error_code& error) {
  EndLongBody();
  keep_alive_ = false;
  SetState(State::kAnswering);
  if (error == http::error::header_limit)
    return Send({.status = http::status::request_header_fields_too_large, .body = "Too long a header.\n"});
  if (error == http::error::body_limit) {
    return Send(
        TooLong(route_->max_body_bytes > 0 ? route_->max_body_bytes : connections_->options.max_body_bytes));
  }
  Send({.status = http::status::bad_request, .body = "Not a valid HTTP request.\n"});
}

void AdminConnection::ReadMore() {
  if (reading_ || end_of_input_ || state_ == State::kClosed) return;
  const size_t room = std::min(buffer_.max_size() - buffer_.size(), chunk_.size());
  if (room == 0) {
    // While a request is answered, those behind it wait. A request that fills all of it is none.
    if (state_ == State::kReading) RefuseUnreadable(make_error_code(http::error::header_limit));
    return;
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(chunk_.data(), room),
                          [self = shared_from_this()](const error_code& error, size_t bytes) {
                            self->reading_ = false;
                            if (self->state_ != State::kClosed) self->OnRead(error, bytes);
                          });
}

void AdminConnection::OnRead(const error_code& error, size_t bytes) {
  if (error == asio::error::eof) {
    end_of_input_ = true;
    return OnEndOfInput();
  }
  if (error) return Close();
  if (state_ != State::kLeaving) {
    buffer_.commit(asio::buffer_copy(buffer_.prepare(bytes), asio::buffer(chunk_.data(), bytes)));
    if (state_ == State::kReading) return Parse();
  }
  ReadMore();
}

void AdminConnection::OnEndOfInput() {
  if (state_ == State::kAnswering && ended_) return;
  Close();
}

void AdminConnection::Send(AdminResponse response) {
  if (state_ != State::kAnswering || begun_) return;
  begun_ = ended_ = true;
  SendHead(response, response.body.size());
  if (!head_only_) Enqueue(Shared(std::move(response.body)));
  Flush();
}

void AdminConnection::Begin(AdminResponse head) {
  if (state_ != State::kAnswering || begun_) return;
  begun_ = true;
  chunked_ = version_ >= 11;
  if (!chunked_) keep_alive_ = false;
  SendHead(head, std::nullopt);
  if (head_only_) {
    ended_ = true;
  } else if (!head.body.empty()) {
    Write(Shared(std::move(head.body)));
  }
  Flush();
}

void AdminConnection::Write(std::shared_ptr<const std::string> piece) {
  if (state_ != State::kAnswering || !begun_ || ended_ || piece->empty()) return;
  if (unsent_ + piece->size() > connections_->options.max_unsent_bytes) {
    spdlog::info("admin endpoint: hung up on a client that left {} bytes unread", unsent_);
    ended_ = true;
    keep_alive_ = false;
    // Later: whoever writes is not to be destroyed meanwhile.
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->Close(); });
    return;
  }
  if (chunked_) Enqueue(Shared(absl::StrCat(absl::Hex(piece->size()), "\r\n")));
  Enqueue(std::move(piece));
  if (chunked_) Enqueue(Shared("\r\n"));
  Flush();
}

void AdminConnection::End() {
  if (state_ != State::kAnswering || !begun_ || ended_) return;
  ended_ = true;
  if (chunked_) Enqueue(Shared("0\r\n\r\n"));
  Flush();
}

void AdminConnection::SendHead(const AdminResponse& response, std::optional<size_t> length) {
  http::response<http::empty_body> head(response.status, version_);
  head.set(http::field::server, "evald");
  head.set(http::field::content_type, response.content_type);
  head.set(http::field::cache_control, "no-store");
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  head.set("Cross-Origin-Resource-Policy", "same-origin");
  head.set(http::field::x_frame_options, "DENY");
  head.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  for (const auto& [name, value] : response.headers) head.set(name, value);
  head.keep_alive(keep_alive_ && !connections_->stopping);
  if (length) {
    head.content_length(*length);
  } else if (chunked_) {
    head.chunked(true);
  }
  std::ostringstream text;
  text << head.base();
  Enqueue(Shared(std::move(text).str()));
}

void AdminConnection::Enqueue(std::shared_ptr<const std::string> text) {
  unsent_ += text->size();
  for (size_t offset = 0; offset < text->size(); offset += kSliceBytes) {
    out_.push_back({text, offset, std::min(kSliceBytes, text->size() - offset)});
  }
}

void AdminConnection::Flush() {
  if (writing_) return;
  if (out_.empty()) {
    // Later: whoever has ended it is not to be destroyed meanwhile.
    if (ended_) asio::post(socket_.get_executor(), [self = shared_from_this()] { self->OnWritten({}, 0); });
    return;
  }
  writing_ = true;
  // The slices hold what the buffers point to.
  std::vector<Slice> slices;
  std::vector<asio::const_buffer> buffers;
  while (!out_.empty() && slices.size() < kSlicesAtOnce) {
    slices.push_back(std::move(out_.front()));
    out_.pop_front();
    buffers.emplace_back(slices.back().text->data() + slices.back().offset, slices.back().size);
  }
  write_by_ = connections_->timers->clock().Now() + connections_->options.timeout;
  SetDeadline();
  asio::async_write(
      socket_, buffers,
      [self = shared_from_this(), slices = std::move(slices)](const error_code& error, size_t bytes) {
        self->writing_ = false;
        self->OnWritten(error, bytes);
      });
}

void AdminConnection::OnWritten(const error_code& error, size_t bytes) {
  if (state_ == State::kClosed) return;
  if (error) return Close();
  unsent_ -= bytes;
  if (!out_.empty()) return Flush();
  SetDeadline();
  if (state_ == State::kAnswering && ended_) OnAnswered();
}

void AdminConnection::OnAnswered() {
  task_.reset();
  if (!keep_alive_ || connections_->stopping) return Leave();
  AwaitRequest();
}

void AdminConnection::Leave() {
  read_by_ = connections_->timers->clock().Now() + std::min(kLeaveTime, connections_->options.timeout);
  SetState(State::kLeaving);
  buffer_.consume(buffer_.size());
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  if (end_of_input_) return Close();
  ReadMore();
}

void AdminConnection::Stop() {
  switch (state_) {
    case State::kReading:
      return Close();
    case State::kAnswering:
      keep_alive_ = false;
      if (begun_) return End();
      return Send({.status = http::status::service_unavailable, .body = "evald is shutting down.\n"});
    case State::kLeaving:
    case State::kClosed:
      break;
  }
}

void AdminConnection::Close() {
  if (state_ == State::kClosed) return;
  const std::shared_ptr<AdminConnection> self = shared_from_this();
  connections_->open.erase(self);
  EndLongBody();
  SetState(State::kClosed);
  error_code ignored;
  socket_.close(ignored);
  std::exchange(task_, nullptr).reset();
}

}  // namespace evald
