// AdminConnection: one client of the admin endpoint. A request, its answer, and so on while it is kept. Part
// of the admin server; nobody else needs it.
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/system/error_code.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/functional/any_invocable.h"
#include "daemon/admin/admin_guard.h"
#include "daemon/admin/admin_router.h"
#include "daemon/admin/admin_server.h"
#include "daemon/loop/timer_queue.h"

namespace evald {

class AdminConnection;

// What the connections of one server share.
struct AdminConnections {
  AdminServer::Options options;
  AdminAccess access;
  AdminRouter* router;
  TimerQueue* timers;
  // They are owned here, until they are closed.
  std::set<std::shared_ptr<AdminConnection>> open;
  // Long bodies that are arriving; see AdminServer::Options.
  size_t long_bodies = 0;
  bool stopping = false;
  // Told, while the server stops, that there is one answer less under way.
  absl::AnyInvocable<void()> answered_hook;
};

// Loop thread only. It reads all the time, to notice when the client goes, but never ahead by more than one
// header's worth: requests that were sent before the answer to the one before wait in the buffer.
//
// A client that shuts down its side of the connection has gone if its answer is still being made; else it
// gets the answers to what it sent.
class AdminConnection final : public AdminReply, public std::enable_shared_from_this<AdminConnection> {
 public:
  // TCP and Unix sockets alike: Beast and Asio take long to compile, once is enough.
  using Socket = boost::asio::generic::stream_protocol::socket;

  AdminConnection(Socket socket, std::shared_ptr<AdminConnections> connections);

  void Start() { AwaitRequest(); }
  // See AdminServer::Stop.
  void Stop();
  bool answering() const { return state_ == State::kAnswering; }
  void Close();

  void Send(AdminResponse response) override;
  void Begin(AdminResponse head) override;
  void Write(std::shared_ptr<const std::string> piece) override;
  void End() override;
  size_t unsent() const override { return unsent_; }

 private:
  using error_code = boost::system::error_code;
  static constexpr size_t kReadBytes = 16 << 10;

  enum class State {
    kReading,
    kAnswering,
    // The last answer has left: what still comes in is read and dropped, so that the client gets that answer
    // and not a reset.
    kLeaving,
    kClosed,
  };

  // A part of a text that others may share.
  struct Slice {
    std::shared_ptr<const std::string> text;
    size_t offset;
    size_t size;
  };

  void AwaitRequest();
  void Parse();
  bool HeaderTooLong() const;
  void OnHeader();
  // Gives up what a long body holds.
  void EndLongBody();
  void OnRequest();
  // An answer to a request that reaches no handler.
  void Refuse(AdminResponse refusal);
  void RefuseUnreadable(const error_code& error);

  void ReadMore();
  void OnRead(const error_code& error, size_t bytes);
  void OnEndOfInput();

  void SendHead(const AdminResponse& response, std::optional<size_t> length);
  void Enqueue(std::shared_ptr<const std::string> text);
  void Flush();
  void OnWritten(const error_code& error, size_t bytes);
  void OnAnswered();
  void Leave();

  void SetState(State state);
  // The one place that says when a connection is given up: what is read has until read_by_, what is written
  // until write_by_, and what is being made takes as long as it takes. Called whenever one of them, state_ or
  // writing_ has changed.
  void SetDeadline();

  Socket socket_;
  const std::shared_ptr<AdminConnections> connections_;
  State state_ = State::kReading;
  Timer deadline_;
  MonotonicTime read_by_{};
  MonotonicTime write_by_{};

  std::array<char, kReadBytes> chunk_;
  boost::beast::flat_buffer buffer_;
  bool reading_ = false;
  bool end_of_input_ = false;

  // Of the request that is read or answered.
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  size_t header_bytes_ = 0;
  AdminRoute* route_ = nullptr;
  unsigned version_ = 11;
  bool head_only_ = false;
  bool keep_alive_ = false;
  bool long_body_ = false;
  bool chunked_ = false;
  bool begun_ = false;
  bool ended_ = false;
  std::unique_ptr<AdminTask> task_;

  std::deque<Slice> out_;
  size_t unsent_ = 0;
  bool writing_ = false;
};

}  // namespace evald
