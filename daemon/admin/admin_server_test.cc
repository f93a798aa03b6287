// The server on real sockets, with a router of the test's own.
#include "daemon/admin/admin_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"

namespace evald {
namespace {

namespace http = boost::beast::http;
using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What is left with a connection; says when it goes.
class TestTask final : public AdminTask {
 public:
  explicit TestTask(int* gone) : gone_(gone) {}
  ~TestTask() override { ++*gone_; }

 private:
  int* const gone_;
};

class AdminServerTest : public testing::Test {
 protected:
  AdminServerTest() {
    router_.Add(http::verb::get, "/now", [](const AdminRequest&) { return AdminResponse{.body = "now\n"}; });
    router_.Add(http::verb::post, "/echo",
                [](const AdminRequest& request) { return AdminResponse{.body = request.body() + "\n"}; });
    const auto add = [this](http::verb method, const char* path, AdminRoute rules = {}) {
      rules.handler = [this](AdminRequest&, AdminReply& reply) {
        reply_ = &reply;
        return std::make_unique<TestTask>(&gone_);
      };
      router_.Add(method, path, std::move(rules));
    };
    add(http::verb::get, "/later");
    add(http::verb::post, "/large", {.max_body_bytes = 1 << 20});
    add(http::verb::post, "/secret", {.needs_token = true});
  }

  void Start(AdminServer::Options options = {}) {
    if (options.address.unix_path.empty() && options.address.host.empty()) options.address.host = "127.0.0.1";
    absl::StatusOr<std::unique_ptr<AdminServer>> server = AdminServer::Create(options, &router_, &loop_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  UniqueFd Connect(int receive_buffer = 0) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(server_->address().port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
    if (receive_buffer > 0)
      setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
    return fd;
  }

  void Turn() {
    loop_.io().restart();
    loop_.io().poll();
  }
  void Send(const UniqueFd& fd, const std::string& text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    Turn();
  }
  // Runs the loop until `done`.
  [[nodiscard]] bool Until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < end) Turn();
    return done();
  }
  // What comes until `until` has come or the server hangs up; a note if it is neither.
  std::string Receive(const UniqueFd& fd, const std::string& until = "") {
    std::string got;
    bool open = true;
    const bool over = Until([&] {
      char buffer[65536];
      const ssize_t n = recv(fd.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (n > 0) got.append(buffer, static_cast<size_t>(n));
      if (n == 0 || (n < 0 && errno == ECONNRESET)) open = false;
      return !open || (!until.empty() && got.find(until) != std::string::npos);
    });
    return over ? got : got + "(and nothing more comes)";
  }
  std::string Exchange(const UniqueFd& fd, const std::string& text, const std::string& until = "") {
    Send(fd, text);
    return Receive(fd, until);
  }
  static std::string Request(const std::string& line, const std::string& more = "") {
    return line + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
  }
  std::string Get(const std::string& path, const std::string& method = "GET") {
    return Exchange(Connect(), Request(method + " " + path, "Connection: close\r\n"));
  }
  static std::string Json(size_t bytes, const std::string& more = "") {
    return "Content-Type: application/json\r\nContent-Length: " + std::to_string(bytes) + "\r\n" + more;
  }

  // A connection whose request was handed to a handler that has not answered.
  UniqueFd Pending(const std::string& request, int receive_buffer = 0) {
    UniqueFd fd = Connect(receive_buffer);
    reply_ = nullptr;
    Send(fd, request);
    EXPECT_TRUE(Until([this] { return reply_ != nullptr; }));
    return fd;
  }

  Loop loop_;
  AdminRouter router_;
  AdminReply* reply_ = nullptr;
  int gone_ = 0;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, UnknownPathsAndMethodsAreToldApart) {
  Start();
  EXPECT_THAT(Get("/nowhere"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get("/now", "POST"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(Get("/now", "BREW"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Get("/echo", "HEAD"), AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: POST\r\n")));
  EXPECT_THAT(Get("/now?verbose"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("/now", "HEAD"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 4"), EndsWith("\r\n\r\n")));
}

TEST_F(AdminServerTest, EveryAnswerTellsBrowsersToBeCareful) {
  Start();
  for (const std::string& answer : {Get("/now"), Get("/nowhere"), Exchange(Connect(), "nonsense\r\n\r\n")}) {
    for (const char* header :
         {"Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer",
          "Cross-Origin-Resource-Policy: same-origin", "X-Frame-Options: DENY", "frame-ancestors 'none'"}) {
      EXPECT_THAT(answer, HasSubstr(header));
    }
  }
}

TEST_F(AdminServerTest, AHandlerHasHeadersOfItsOwn) {
  router_.Add(http::verb::get, "/page", [](const AdminRequest&) {
    return AdminResponse{.headers = {{"Content-Security-Policy", "script-src 'self'"}, {"ETag", "\"1\""}}};
  });
  Start();
  EXPECT_THAT(Get("/page"), AllOf(HasSubstr("Content-Security-Policy: script-src 'self'\r\n"),
                                  HasSubstr("ETag: \"1\"\r\n"), Not(HasSubstr("default-src"))));
}

TEST_F(AdminServerTest, TheGuardIsAsked) {
  Start();
  EXPECT_THAT(Exchange(Connect(), "GET /now HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(
      Exchange(Connect(), Request("GET /now", "Origin: http://evil.example\r\nConnection: close\r\n")),
      StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Exchange(Connect(), Request("POST /secret", "Connection: close\r\n")),
              AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Bearer")));
  EXPECT_THAT(Exchange(Connect(), Request("POST /echo", "Content-Length: 2\r\n") + "{}"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_EQ(reply_, nullptr) << "no handler saw any of them";
}

TEST_F(AdminServerTest, ConnectionsAreKept) {
  Start();
  const UniqueFd fd = Connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Exchange(fd, Request("GET /now"), "now\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(Exchange(fd, Request("GET /nowhere"), "here.\n"), StartsWith("HTTP/1.1 404"));
    EXPECT_THAT(Exchange(fd, Request("POST /echo", Json(2)) + "{}", "{}\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(Exchange(fd, Request("GET /now", "Connection: close\r\n")), EndsWith("now\n"));
}

TEST_F(AdminServerTest, RequestsMayBeSentAhead) {
  Start();
  const std::string got =
      Exchange(Connect(), Request("GET /now") + Request("POST /echo", Json(1)) + "1" + Request("HEAD /now") +
                              Request("GET /now", "Connection: close\r\n"));
  std::vector<size_t> places;
  for (size_t at = got.find("HTTP/1.1 200"); at != std::string::npos; at = got.find("HTTP/1.1 200", at + 1))
    places.push_back(at);
  EXPECT_EQ(places.size(), 4u) << got;
  EXPECT_LT(got.find("now\n"), got.find("1\n")) << "answers come in order";
}

TEST_F(AdminServerTest, RequestsBehindOneThatTakesTimeWait) {
  Start();
  const UniqueFd fd = Pending(Request("GET /later") + Request("GET /now", "Connection: close\r\n"));
  for (int i = 0; i < 10; ++i) Turn();
  reply_->Send({.body = "later\n"});
  EXPECT_EQ(gone_, 0) << "never from inside the call";
  const std::string got = Receive(fd);
  EXPECT_LT(got.find("later\n"), got.find("now\n"));
  EXPECT_THAT(got, EndsWith("now\n"));
  EXPECT_EQ(gone_, 1);
}

TEST_F(AdminServerTest, HeadersAndBodiesAreBounded) {
  Start();
  EXPECT_THAT(Exchange(Connect(), "GET / HTTP/1.1\r\nX: " + std::string(20000, 'x')),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange(Connect(), Request("POST /echo", Json(100'000'000))),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("65536 bytes")));
  EXPECT_THAT(Exchange(Connect(), Request("POST /large", Json((1 << 20) + 1))),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("1048576 bytes")));
  EXPECT_THAT(
      Exchange(Connect(),
               Request("POST /echo", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") +
                   "20000\r\n" + std::string(0x20000, 'x') + "\r\n0\r\n\r\n"),
      StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Exchange(Connect(), "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Exchange(Connect(), "GET / HTTP/2.0\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(AdminServerTest, AHeaderIsBoundedHoweverItComes) {
  Start();
  const UniqueFd fd = Connect();
  Send(fd, "GET /now HTTP/1.1\r\nHost: localhost\r\nX");
  // Each piece ends just inside the next field, so that the parser takes the complete one at once.
  const std::string field = ": " + std::string(1000, 'x') + "\r\nX";
  size_t sent = 0;
  pollfd answered{.fd = fd.get(), .events = POLLIN, .revents = 0};
  while (sent < (64u << 10) && poll(&answered, 1, 0) == 0) {
    Send(fd, field);
    Turn();
    sent += field.size();
  }
  EXPECT_LT(sent, 18u << 10);
  EXPECT_THAT(Receive(fd), StartsWith("HTTP/1.1 431"));
}

TEST_F(AdminServerTest, AHeaderUpToTheBoundIsRead) {
  Start({.max_header_bytes = 2000});
  const std::string head = "GET /now HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: ";
  const auto request = [&](size_t bytes) {
    return head + std::string(bytes - head.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_THAT(Exchange(Connect(), request(2000)), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(Connect(), request(2001)), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange(Connect(), Request("GET /now") + request(2000)), EndsWith("now\n"))
      << "each header counts from its own beginning";
}

TEST_F(AdminServerTest, OtherTransferEncodingsAreRefused) {
  Start();
  const std::string smuggled = "GET /now HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const char* encoding : {"gzip", "chunked, gzip", "identity", "xchunked", "gzip, chunked"}) {
    const std::string got =
        Exchange(Connect(),
                 Request("POST /echo", std::string("Content-Type: application/json\r\nTransfer-Encoding: ") +
                                           encoding + "\r\n") +
                     smuggled);
    EXPECT_THAT(got,
                AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("Connection: close"), Not(HasSubstr("now\n"))))
        << encoding;
  }
  EXPECT_THAT(Exchange(Connect(),
                       "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: "
                       "chunked\r\nContent-Type: application/json\r\n\r\n" +
                           smuggled),
              AllOf(StartsWith("HTTP/1.0 400"), Not(HasSubstr("now\n"))));
}

TEST_F(AdminServerTest, ARouteMayHaveABoundOfItsOwn) {
  Start();
  const UniqueFd fd = Connect();
  Send(fd, Request("POST /large", Json(1 << 20)));
  const std::string body(1 << 20, 'x');
  std::string_view rest = body;
  ASSERT_TRUE(Until([&] {
    const ssize_t n = send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) rest.remove_prefix(static_cast<size_t>(n));
    return rest.empty();
  }));
  ASSERT_TRUE(Until([this] { return reply_ != nullptr; }));
  reply_->Send({.body = "large\n"});
  EXPECT_THAT(Receive(fd, "large\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, LongBodiesAreCounted) {
  Start({.max_long_bodies = 1});
  UniqueFd first = Connect();
  Send(first, Request("POST /large", Json(1 << 20)) + "x");
  EXPECT_THAT(Exchange(Connect(), Request("POST /large", Json(1 << 20))), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Exchange(Connect(), Request("POST /large",
                                          "Content-Type: application/json\r\n"
                                          "Transfer-Encoding: chunked\r\n")),
              StartsWith("HTTP/1.1 503"));
  Pending(Request("POST /large", Json(1)) + "x");
  first = UniqueFd();
  for (int i = 0; i < 10; ++i) Turn();
  Pending(Request("POST /large", Json(100'000)) + std::string(100'000, 'x'));
}

TEST_F(AdminServerTest, WhoAsksWhetherToGoOnIsToldBeforeTheBodyIsSent) {
  Start();
  const UniqueFd fd = Connect();
  EXPECT_EQ(Exchange(fd, Request("POST /echo", Json(2, "Expect: 100-continue\r\n")), "\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(Exchange(fd, "{}", "{}\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Exchange(Connect(), Request("POST /echo", Json(100'000, "Expect: 100-continue\r\n"))),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Exchange(Connect(), Request("POST /secret", Json(2, "Expect: 100-continue\r\n"))),
              StartsWith("HTTP/1.1 401"));
}

TEST_F(AdminServerTest, SlowClientsAreCutOff) {
  Start({.timeout = milliseconds(50)});
  EXPECT_EQ(Receive(Connect()), "") << "one that says nothing";
  EXPECT_EQ(Exchange(Connect(), "GET /now HT"), "");
  EXPECT_EQ(Exchange(Connect(), Request("POST /echo", Json(5)) + "{"), "");
  const UniqueFd kept = Connect();
  Exchange(kept, Request("GET /now"), "now\n");
  EXPECT_EQ(Receive(kept), "") << "one that does not come back";
}

TEST_F(AdminServerTest, AClientThatTricklesIsCutOffToo) {
  Start({.timeout = milliseconds(50)});
  const UniqueFd fd = Connect();
  const auto start = std::chrono::steady_clock::now();
  std::string text = "GET /now HTTP/1.1\r\nX: ";
  while (send(fd.get(), "x", 1, MSG_NOSIGNAL) == 1 &&
         std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
    if (!text.empty()) send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    text.clear();
    Turn();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(AdminServerTest, AClientThatSendsAheadAndReadsNothingIsCutOff) {
  Start({.timeout = milliseconds(50)});
  // Now it is an answer that finds no room, now it is the leave to send a body.
  std::string requests;
  for (int i = 0; i < 3000; ++i)
    requests += Request("POST /echo", Json(2, "Expect: 100-continue\r\n")) + "{}";
  struct Client {
    UniqueFd fd;
    std::string_view rest;
  };
  std::vector<Client> clients;
  for (int i = 0; i < 60; ++i) clients.push_back({Connect(4096), requests});
  EXPECT_TRUE(Until([&] {
    std::erase_if(clients, [](Client& client) {
      const ssize_t n =
          send(client.fd.get(), client.rest.data(), client.rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) client.rest.remove_prefix(static_cast<size_t>(n));
      return n < 0 && errno != EAGAIN;
    });
    return clients.empty();
  })) << clients.size()
      << " connections are still there";
}

TEST_F(AdminServerTest, WhatIsMadeTakesAsLongAsItTakes) {
  Start({.timeout = milliseconds(20)});
  const UniqueFd fd = Pending(Request("GET /later", "Connection: close\r\n"));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Until([&] { return std::chrono::steady_clock::now() - start > milliseconds(60); }));
  EXPECT_EQ(gone_, 0);
  reply_->Send({.body = "done\n"});
  EXPECT_THAT(Receive(fd), EndsWith("done\n"));
}

TEST_F(AdminServerTest, AStreamComesInChunks) {
  Start();
  const UniqueFd fd = Pending(Request("GET /later"));
  reply_->Begin({.content_type = "text/event-stream", .body = "one"});
  reply_->Write(std::make_shared<std::string>("two"));
  EXPECT_THAT(Receive(fd, "two"),
              AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), HasSubstr("\r\n\r\n3\r\none\r\n3\r\ntwo")));
  ASSERT_TRUE(Until([this] { return reply_->unsent() == 0; }));
  reply_->End();
  EXPECT_EQ(gone_, 0) << "never from inside the call";
  EXPECT_THAT(Receive(fd, "0\r\n\r\n"), EndsWith("0\r\n\r\n"));
  EXPECT_TRUE(Until([this] { return gone_ == 1; }));
  EXPECT_THAT(Exchange(fd, Request("GET /now"), "now\n"), StartsWith("HTTP/1.1 200"))
      << "the connection is kept";
}

TEST_F(AdminServerTest, AStreamWithoutPiecesEnds) {
  Start();
  const UniqueFd fd = Pending("GET /later HTTP/1.0\r\n\r\n");
  reply_->Begin({});
  EXPECT_THAT(Receive(fd, "\r\n\r\n"), AllOf(StartsWith("HTTP/1.0 200"), Not(HasSubstr("chunked"))));
  ASSERT_TRUE(Until([this] { return reply_->unsent() == 0; }));
  reply_->End();
  EXPECT_EQ(Receive(fd), "") << "the end of the connection is the end of the answer";
  EXPECT_EQ(gone_, 1);
}

TEST_F(AdminServerTest, OfAStreamHeadShowsTheHeader) {
  Start();
  const UniqueFd fd = Pending(Request("HEAD /later"));
  reply_->Begin({.body = "one"});
  reply_->Write(std::make_shared<std::string>("two"));
  EXPECT_THAT(Receive(fd, "\r\n\r\n"), EndsWith("\r\n\r\n"));
  ASSERT_TRUE(Until([this] { return gone_ == 1; }));
  EXPECT_THAT(Exchange(fd, Request("GET /now"), "now\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminServerTest, ATaskHearsThatItsClientHasGone) {
  Start();
  Pending(Request("GET /later"));
  EXPECT_TRUE(Until([this] { return gone_ == 1; }));
  UniqueFd streaming = Pending(Request("GET /later"));
  reply_->Begin({.body = "one"});
  Receive(streaming, "one");
  streaming = UniqueFd();
  EXPECT_TRUE(Until([this] { return gone_ == 2; }));
}

TEST_F(AdminServerTest, AClientThatDoesNotReadIsHungUpOn) {
  Start({.max_unsent_bytes = 1 << 20, .timeout = milliseconds(50)});
  const UniqueFd fd = Pending(Request("GET /later"), 4096);
  reply_->Begin({});
  const auto piece = std::make_shared<std::string>(64 << 10, 'x');
  EXPECT_TRUE(Until([&] {
    if (gone_ == 0 && reply_->unsent() < (512 << 10)) reply_->Write(piece);
    return gone_ == 1;
  })) << "after the timeout";
  const UniqueFd other = Pending(Request("GET /later"), 4096);
  reply_->Begin({});
  for (int i = 0; i < 200; ++i) reply_->Write(piece);
  EXPECT_LE(reply_->unsent(), (1u << 20) + 65536);
  EXPECT_EQ(gone_, 1) << "never from inside the call";
  Turn();
  EXPECT_EQ(gone_, 2) << "at once, if too much is left unread";
  EXPECT_THAT(Get("/now"), EndsWith("now\n")) << "others are served";
}

TEST_F(AdminServerTest, ALargeAnswerArrivesWhole) {
  router_.Add(http::verb::get, "/huge",
              [](const AdminRequest&) { return AdminResponse{.body = std::string(5'000'000, 'x') + "!"}; });
  Start();
  const std::string got = Get("/huge");
  EXPECT_THAT(got.substr(0, 500), HasSubstr("Content-Length: 5000001"));
  EXPECT_EQ(got.size() - got.find("\r\n\r\n") - 4, 5'000'001u);
}

TEST_F(AdminServerTest, TooManyConnectionsAreRefused) {
  Start({.max_connections = 2});
  const UniqueFd first = Connect();
  EXPECT_THAT(Exchange(first, Request("GET /now"), "now\n"), StartsWith("HTTP/1.1 200"));
  UniqueFd second = Connect();
  EXPECT_THAT(Exchange(second, Request("GET /now"), "now\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(Receive(Connect()), "");
  second = UniqueFd();
  for (int i = 0; i < 10; ++i) Turn();
  EXPECT_THAT(Get("/now"), EndsWith("now\n")) << "there is room again";
}

TEST_F(AdminServerTest, StoppingClosesIdleConnections) {
  Start();
  const UniqueFd fd = Connect();
  Exchange(fd, Request("GET /now"), "now\n");
  server_->Stop();
  EXPECT_EQ(Receive(fd), "");
}

TEST_F(AdminServerTest, StoppingEndsStreamsAndAnswersWhoStillWaits) {
  Start();
  const UniqueFd streaming = Pending(Request("GET /later"));
  reply_->Begin({.body = "one"});
  const UniqueFd waiting = Pending(Request("GET /later"));
  server_->Stop();
  EXPECT_THAT(Receive(streaming), EndsWith("3\r\none\r\n0\r\n\r\n"));
  EXPECT_THAT(Receive(waiting), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Connection: close")));
  EXPECT_EQ(gone_, 2);
}

TEST_F(AdminServerTest, AnswersUnderWayAreAwaited) {
  Start();
  const UniqueFd idle = Connect();
  Exchange(idle, Request("GET /now"), "now\n");
  const UniqueFd fd = Pending(Request("GET /later"), 4096);
  reply_->Send({.body = std::string(5'000'000, 'x') + "!"});
  Turn();
  server_->Stop();
  bool answered = false;
  server_->AwaitAnswers([&] { answered = true; });
  for (int i = 0; i < 10; ++i) Turn();
  EXPECT_FALSE(answered);
  EXPECT_THAT(Receive(fd, "!"), EndsWith("x!"));
  EXPECT_TRUE(Until([&] { return answered; }));
}

TEST_F(AdminServerTest, WhereNothingIsUnderWayNothingIsAwaited) {
  Start();
  server_->Stop();
  bool answered = false;
  server_->AwaitAnswers([&] { answered = true; });
  EXPECT_FALSE(answered) << "never from inside the call";
  Turn();
  EXPECT_TRUE(answered);
}

TEST_F(AdminServerTest, WhoDoesNotReadIsNotAwaitedForLong) {
  Start();
  const UniqueFd fd = Pending(Request("GET /later"), 4096);
  reply_->Send({.body = std::string(5'000'000, 'x')});
  server_->Stop();
  bool answered = false;
  server_->AwaitAnswers([&] { answered = true; });
  EXPECT_TRUE(Until([&] { return answered; })) << "long before the client's own deadline";
}

TEST_F(AdminServerTest, TasksGoWithTheServer) {
  Start();
  const UniqueFd fd = Pending(Request("GET /later"));
  server_.reset();
  EXPECT_EQ(gone_, 1);
}

TEST_F(AdminServerTest, AnAddressInUseIsNamed) {
  Start();
  AdminServer::Options options;
  options.address = server_->address();
  const absl::Status status = AdminServer::Create(options, &router_, &loop_).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot listen on " + server_->address().ToString()));
}

TEST_F(AdminServerTest, OnANetworkEverythingNeedsTheToken) {
  Start({.address = {.host = "0.0.0.0"}});
  EXPECT_THAT(Get("/now"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(Get("/nowhere"), StartsWith("HTTP/1.1 401"));
}

TEST_F(AdminServerTest, ListensOnAUnixSocket) {
  // Not the test's own folder: a socket's name has 107 bytes, and that folder may lie deep.
  char folder[] = "/tmp/evald-admin-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  AdminServer::Options options;
  options.address.unix_path = std::string(folder) + "/admin.sock";
  Start(options);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, options.address.unix_path.c_str());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  EXPECT_THAT(Exchange(fd, "GET /now HTTP/1.0\r\nHost: anything\r\n\r\n"), StartsWith("HTTP/1.0 200"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace evald
